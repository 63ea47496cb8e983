import { Rig } from '../run/rig.ts'

/**
 * A project that copies a source of PostgreSQL into a table `copy`, column by column. The processes that this one
 * starts find the address of the database in SHOP_URL.
 */
export function copyProject(url: string, options: string, columns: string): Promise<Rig> {
  process.env['SHOP_URL'] = url
  return Rig.open({
    'sluice.yaml': "connections:\n  shop: { kind: postgres, url: '${env:SHOP_URL}' }\n",
    'notebooks/copy.ts': `import { notebook, source, sql, t, table } from 'sluice'

const columns = { ${columns} }
export const rows = source.postgres({ connection: 'shop', ${options}, columns })
export default notebook({
  inputs: { rows },
  outputs: { copy: table('copy', columns) },
  select: { copy: ({ rows }) => sql\`SELECT * FROM \${rows} AS r\` },
})
`,
    'flows/copy.ts': `import { flow } from 'sluice'
import copy, { rows } from '../notebooks/copy.ts'
export default flow('copy').source(rows).step(copy)
`,
  })
}
