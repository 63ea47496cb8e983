/** The commands of Sluice itself, those that are coming too: a plugin cannot take their names. */
export const reservedCommands: readonly string[] = [
  ...[
    'init',
    'new',
    'run',
    'plan',
    'explain',
    'tables',
    'show',
    'query',
    'path',
    'log',
    'runs',
    'lineage',
    'help',
  ],
  ...['check', 'test', 'impact', 'contract', 'diff', 'rename', 'resume', 'verify', 'repair', 'gc', 'restore'],
  ...['env', 'promote', 'rollback', 'copy', 'backfill', 'serve', 'studio'],
]
