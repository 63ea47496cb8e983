import { cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from './golden.ts'

/** The examples as a project of their own, which has installed Sluice. */
export async function copyOfProject(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-examples-'))
  for (const part of ['notebooks', 'flows', 'data', 'sluice.yaml', 'storage/local.yaml']) {
    await cp(path.join(root, part), path.join(folder, part), { recursive: true })
  }
  await cp(path.join(root, 'data/university/arrivals'), path.join(folder, 'landing/university'), {
    recursive: true,
  })
  await writeFile(path.join(folder, 'package.json'), '{ "name": "examples", "type": "module" }\n')
  await mkdir(path.join(folder, 'node_modules'))
  await symlink(root, path.join(folder, 'node_modules/sluice'), 'junction')
  for (const name of ['zod', 'libsql'])
    await symlink(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name), 'junction')
  return folder
}
