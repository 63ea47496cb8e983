import { notebook, sql, table, t } from '../../../src/index.ts'

/** What changed of an input is there where the notebook says that it is incremental, and only there. */

const raw = table('bronze.raw', { id: t.integer(), name: t.varchar() }, { key: ['id'] })
const out = table('silver.out', { id: t.integer() }, { key: ['id'] })

export const merged = notebook({
  incremental: 'merge',
  inputs: { raw: raw.pick('id') },
  outputs: { out },
  select: { out: ({ raw: input }) => sql`SELECT id FROM ${input.changes().added}` },
  deletes: { out: ({ raw: input }) => sql`SELECT id FROM ${input.changes().removed}` },
})

export const appended = notebook({
  incremental: 'append',
  inputs: { raw: raw.pick('id') },
  outputs: { out },
  async run({ inputs, outputs }) {
    const { full, added } = inputs.raw.changes()
    const [first] = await added.all()
    const id: number | undefined = full ? 1 : first?.id
    if (id !== undefined) await outputs.out.insert({ id })
  },
})

export const whole = notebook({
  inputs: { raw },
  outputs: { out },
  // @ts-expect-error Property 'changes' does not exist on type 'Relation'.
  select: { out: ({ raw: input }) => sql`SELECT id FROM ${input.changes().added}` },
})
