/**
 * The house: folders of `src` as rows. A folder imports only from the rows above it, and what it needs from
 * below comes to it as an argument. Imports of types count. `scripts/layers.mjs` runs these rules.
 */
const rows = [
  [
    'base',
    'Names, problems and digests know nothing of Sluice. What knows more belongs in the row that it knows.',
  ],
  [
    'contract',
    'What a user declares is pure: no bytes, no engine, no run. What acts on a declaration belongs in the row that acts.',
  ],
  ['storage', 'Bytes under paths. What gives paths a meaning (tables, commits) belongs in lake.'],
  [
    'connect',
    'Rows and files from databases and servers, and to them. What judges them belongs in freshness, what reads their files in engine.',
  ],
  ['notebook', 'Loads a module and digests its code. What relates notebooks to each other belongs in flow.'],
  [
    'lake',
    'Tables over a storage: log, manifests, heads. What computes rows belongs in engine, what decides in freshness.',
  ],
  [
    'engine',
    'Paths to relations and back. It knows no flow and no run: what picks queries to run belongs in check or run.',
  ],
  ['flow', 'Steps, graph, selection: pure. What asks whether a step is fresh belongs in freshness.'],
  ['freshness', 'Fingerprints and verdicts with their reasons. What acts on a verdict belongs in run.'],
  ['check', 'Validation without data. What needs a run belongs in run, what only prints in report.'],
  ['run', 'Does it and says so as events. What shows events belongs in report.'],
  ['report', 'Pure views of events and plans. What a command prints around them belongs in cli.'],
  [
    'testing',
    'Notebook tests: rows given, rows expected, in this process. What a run does belongs in run, what shows it in report.',
  ],
  ['serve', 'Schedules and sensors start runs. What a person looks at belongs in studio.'],
  ['studio', 'The local web page. Commands that start it belong in cli.'],
  [
    'cli',
    'One file for each command. What another program could want to call belongs in a row above and in src/index.ts.',
  ],
]

const below = (row) => rows.slice(row + 1).map(([folder]) => folder)
/** Modules that start a process. Nothing imports them: they are spawned. */
const processes = '^src/(cli/main|run/[a-z]+-main)[.]ts$'
const publicEntries = '^src/(index|testing)[.]ts$'

const house = rows.map(([folder, advice], row) => ({
  name: `house-${folder}`,
  severity: 'error',
  comment: `src/${folder} may import ${['itself', ...rows.slice(0, row).map(([name]) => name)].join(', ')}. ${advice}`,
  from: { path: `^src/${folder}/` },
  to: { path: [publicEntries, ...below(row).map((name) => `^src/${name}/`)] },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...house,
    {
      name: 'house-new-folder',
      severity: 'error',
      comment:
        'A file of src lies in one of the rows of the house, or is src/index.ts or src/testing.ts. A new row is added to .dependency-cruiser.mjs and docs/architecture.md.',
      from: { path: '^src/', pathNot: [publicEntries, `^src/(${rows.map(([name]) => name).join('|')})/`] },
      to: {},
    },
    {
      name: 'process-is-spawned',
      severity: 'error',
      comment:
        'This module starts a process when it is loaded. Move what you need from it into a module beside it.',
      from: {},
      to: { path: processes },
    },
    {
      name: 'no-circle',
      severity: 'error',
      comment:
        'These modules import each other (types count). Move what both need into a module of its own, or pass it as an argument.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      comment: 'No module imports this one and it imports none: delete it, or import it where it is needed.',
      from: { path: '^src/', orphan: true, pathNot: [processes, publicEntries] },
      to: {},
    },
    {
      name: 'duckdb-in-engine',
      severity: 'error',
      comment:
        'DuckDB is spoken in src/engine only, so that another engine can be added. Add what you need to the engine interface.',
      from: { path: '^src/', pathNot: '^src/engine/' },
      to: { path: ['node_modules/@duckdb/', '^@duckdb/'] },
    },
    {
      name: 'ts-morph-in-scaffolds',
      severity: 'error',
      comment:
        'ts-morph takes 0.4 s to load. It serves the commands that write code: src/cli/scaffold/ and src/cli/rename/. To read code, use the oxc packages.',
      from: { path: '^src/', pathNot: '^src/cli/(scaffold|rename)/' },
      to: { path: ['node_modules/ts-morph/', '^ts-morph'] },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment:
        'src is what users install: it imports nothing from tests, bench, scripts, notebooks or flows. Move what it needs into src.',
      from: { path: '^src/' },
      to: { path: '^(tests|bench|scripts|notebooks|flows|dist)/' },
    },
    {
      name: 'declared-packages',
      severity: 'error',
      comment:
        'src imports packages that are installed for users: those under dependencies (or peerDependencies) of package.json.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^(tests|bench|scripts|notebooks|flows|dist)/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['sluice-source', 'import', 'types', 'node', 'default'],
    },
  },
}
