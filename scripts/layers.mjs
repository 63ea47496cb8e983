/**
 * Holds the rows of the house (`.dependency-cruiser.mjs`) over `src` of the working folder, or of the folder
 * that is given. Too few modules is a failure: a reader that cannot read TypeScript sees none, and no rule is broken.
 */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'
import { cruise } from 'dependency-cruiser'
import rules from '../.dependency-cruiser.mjs'

const fewest = 20
const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(resolve(process.argv[2] ?? root))

const modules = existsSync('src') ? await cruiseModules() : []
const ours = modules.filter((module) => module.source.startsWith('src/'))
const violations = ours.flatMap(violationsOf)
for (const { rule, path } of violations) {
  console.error(`${rule.name}: ${path}`)
  console.error(`  ${rules.forbidden.find(({ name }) => name === rule.name)?.comment}`)
}

if (ours.length <= fewest) {
  console.error(
    `layers: ${ours.length} modules seen under src, more than ${fewest} were expected: nothing was checked.`,
  )
  process.exitCode = 1
} else if (violations.length > 0) {
  console.error(`layers: ${violations.length} imports break the house, in ${ours.length} modules.`)
  process.exitCode = 1
} else {
  console.log(`layers: ${ours.length} modules, all in their rows.`)
}

async function cruiseModules() {
  const { options, forbidden } = rules
  const { output } = await cruise(
    ['src'],
    { ...options, validate: true, ruleSet: { forbidden } },
    options.enhancedResolveOptions,
  )
  return output.modules
}

function violationsOf(module) {
  const alone = (module.rules ?? []).map((rule) => ({ rule, path: module.source }))
  const imports = module.dependencies.flatMap(({ rules: broken = [], resolved, cycle }) =>
    broken.map((rule) => ({
      rule,
      path: [module.source, ...(rule.name === 'no-circle' ? cycle.map(({ name }) => name) : [resolved])].join(
        ' -> ',
      ),
    })),
  )
  return [...alone, ...imports]
}
