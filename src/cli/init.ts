import { Command } from 'commander'
import type { Cli } from './cli.ts'

export function initCommand(cli: Cli): Command {
  return new Command('init')
    .description('make a project with an example that runs at once')
    .argument('[folder]', 'where; here when left out', '.')
    .action(async (folder: string) => {
      const { initProject } = await import('./init-project.ts')
      const { made, kept } = await initProject(folder)
      const { out } = cli
      for (const file of made) out.write(`${out.paint.green('+')} ${file}\n`)
      for (const { file, note } of kept) out.write(`${out.paint.dim('=')} ${file} was there already${note}\n`)
      const first = folder === '.' ? '' : `  cd ${folder}\n`
      out.write(`\nNext:\n${first}  npm install\n  npx sluice run\n  npx sluice show gold.revenue_by_city\n`)
    })
}
