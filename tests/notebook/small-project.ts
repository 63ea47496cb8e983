import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  codeVersion,
  loadDigest,
  lookAtCode,
  type CodeVersion,
  type LoadDigest,
} from '../../src/notebook/code-version.ts'
import { openIndex } from '../../src/notebook/open-index.ts'

const made: string[] = []

/** A real project in a temporary folder, with a stat index that is saved after each look. */
export class SmallProject {
  readonly root: string

  constructor(files: Readonly<Record<string, string>>, root = temporaryFolder()) {
    this.root = root
    for (const [file, text] of Object.entries(files)) this.write(file, text)
  }

  path(file: string): string {
    return join(this.root, file)
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true })
    writeFileSync(this.path(file), text)
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8')
  }

  /** Replaces a text that must be there. */
  edit(file: string, from: string, to: string): void {
    const text = this.read(file)
    if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`)
    this.write(file, text.replaceAll(from, to))
  }

  remove(file: string): void {
    rmSync(this.path(file), { recursive: true })
  }

  link(target: string, at: string): void {
    mkdirSync(dirname(this.path(at)), { recursive: true })
    symlinkSync(this.path(target), this.path(at))
  }

  copy(): SmallProject {
    const root = temporaryFolder()
    cpSync(this.root, root, { recursive: true, filter: (path) => !path.includes('.sluice') })
    return new SmallProject({}, root)
  }

  async code(entry: string): Promise<CodeVersion> {
    const index = openIndex(this.path('.sluice'))
    const version = await codeVersion(entry, lookAtCode(this.root, index))
    index.save()
    return version
  }

  async load(entry: string): Promise<LoadDigest> {
    const index = openIndex(this.path('.sluice'))
    const digest = await loadDigest(entry, lookAtCode(this.root, index))
    index.save()
    return digest
  }
}

export function removeProjects(): void {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true })
}

function temporaryFolder(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-code-')))
  made.push(root)
  return root
}
