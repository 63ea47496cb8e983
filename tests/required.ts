/**
 * Some tests need what not every machine has. `SLUICE_TEST_REQUIRE` names, with commas between, what must be there:
 * then a test fails where it would else be skipped with a reason.
 */
export function isRequired(component: string): boolean {
  return (process.env['SLUICE_TEST_REQUIRE'] ?? '').split(',').includes(component)
}

/** Why tests that need a component are skipped: printed; thrown where the component is required. */
export function missing(component: string, why: string): void {
  const text = `${component} is not there: ${why}`
  if (isRequired(component)) throw new Error(`${text} (required by SLUICE_TEST_REQUIRE)`)
  process.stderr.write(`skipped, because ${text}\n`)
}
