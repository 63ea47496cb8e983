/** What everything that is printed for people consists of, nearly always. */
const plain = /^[\n\u0020-\u007e]*$/
/**
 * What terminals obey, but for colours (ECMA-48, SGR), ends of lines and tabs; and what turns the direction of
 * text, so that a name shows as another one (Unicode TR 9, explicit formatting).
 */
const obeyed =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001b(?!\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Workflow commands of GitHub Actions: `::name` at the begin of a line, and the older `##[name]` anywhere. */
const command = /^(\s*):(?=:)|#(?=#\[)/gm
/** Parts a command so that it is none any more; nobody sees it. */
const parting = '\u2060'

/**
 * Text for people, from names, data and messages of others, without anything that a terminal or, in a workflow of
 * GitHub Actions, the runner would obey.
 */
export function safeText(text: string, inWorkflow: boolean): string {
  const shown = plain.test(text) ? text : text.replace(obeyed, '\ufffd')
  return inWorkflow ? shown.replace(command, (found) => `${found}${parting}`) : shown
}
