import { given } from '../../../src/testing.ts'
import { cleanTrips, countTrips } from '../notebooks.ts'

/** Each marked line must not compile; `tsc` of the project says so. */

// @ts-expect-error a required input is left out
given(cleanTrips, {})
// @ts-expect-error a column that the input does not have
given(cleanTrips, { raw: [{ nope: 1 }] })
// @ts-expect-error a value of another type
given(cleanTrips, { raw: [{ fare: 12.5 }] })
// @ts-expect-error NULL where the contract does not allow it
given(cleanTrips, { raw: [{ fare: null }] })
// @ts-expect-error an input that the notebook does not have
given(cleanTrips, { raw: [], rwa: [] })
// @ts-expect-error a column that the notebook does not pick
given(countTrips, { trips: [{ fare: '1' }], args: { least: 1 } })
// @ts-expect-error an arg without a default
given(countTrips, { trips: [] })
// @ts-expect-error an arg of another type
given(cleanTrips, { raw: [], args: { maxFare: '300' } })

const good = given(cleanTrips, { raw: [{ note: null, fare: '1' }], zones: [{ zone: 1 }], args: {} })
// @ts-expect-error an output that the notebook does not have
void good.expect({ trip: [] })
// @ts-expect-error a column that the output does not have
void good.expect({ trips: [{ fair: '1' }] })
// @ts-expect-error a value of another type
void good.expect({ trips: [{ minutes: 1 }] })
// @ts-expect-error an output that the notebook does not have
void good.expectEmpty('rejects')
// @ts-expect-error the code returns something else
void given(countTrips, { trips: [], args: { least: 1 } }).result({ zone: 1 })
