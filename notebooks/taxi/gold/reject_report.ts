import { notebook, table, t } from 'sluice'
import { z } from 'zod'
import { tripRejects, trips } from '../silver/clean_trips.ts'

export const rejectReasons = table(
  'gold.reject_reasons',
  {
    reason: t.varchar(),
    trips: t.integer().check('trips > 0'),
    share: t.double().describe('Of all trips, from 0 to 1.'),
  },
  { key: ['reason'], description: 'Why trips were left out, and how many.' },
)

export default notebook({
  description: 'Counts the rejects by reason and warns when there are many.',
  inputs: { trips: trips.pick('picked_up_at'), rejects: tripRejects.pick('reason') },
  outputs: { reasons: rejectReasons },
  args: z.object({ warnAbove: z.number().min(0).max(1).default(0.02) }),
  async run({ inputs, outputs, args, log }) {
    const counts = new Map<string, number>()
    for await (const { reason } of inputs.rejects.rows()) counts.set(reason, (counts.get(reason) ?? 0) + 1)

    const kept = await inputs.trips.count()
    const rejected = [...counts.values()].reduce((sum, count) => sum + count, 0)
    const all = kept + rejected
    await outputs.reasons.insert(
      [...counts].map(([reason, count]) => ({ reason, trips: count, share: count / all })),
    )

    const share = all === 0 ? 0 : rejected / all
    log.info(`${rejected} of ${all} trips were rejected`)
    if (share > args.warnAbove) log.warn(`${(share * 100).toFixed(1)} % of the trips were rejected`)
    return { kept, rejected, share }
  },
})
