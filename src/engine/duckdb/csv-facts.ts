import type { CsvDialect } from '../../contract/source.ts'
import { ask, factsOf, readBy, schemaOf, type Examined, type FileFacts } from './file-relation.ts'
import { quoteName, quotePaths, quoteText, quoteTexts } from './sql-text.ts'

/** Words that stand for NULL in many exports, beside the empty field. */
const nullWords = ['NULL', 'null', 'NA', 'N/A', 'n/a', '#N/A', '\\N']

/** What CSV files hold, see `fileFacts`; the dialect is that of the first file. */
export async function csvFacts(examined: Examined): Promise<FileFacts> {
  const { dialect, notes } = await sniffDialect(examined)
  const nulls = await wordsForNull(examined, dialect)
  const found: CsvDialect = { ...dialect, ...(nulls.length > 0 && { nulls: ['', ...nulls] }) }
  const facts = await factsOf(examined, typedCsv(examined, found))
  const comma = await withDecimalComma(examined, found, facts)
  return { ...(comma ?? { ...facts, dialect: found }), notes }
}

/** The dialect of the first file as `sniff_csv` sees it (DuckDB, "CSV Auto Detection"). */
async function sniffDialect(examined: Examined): Promise<{ dialect: CsvDialect; notes: string[] }> {
  const [file] = examined.files
  const sql = `FROM sniff_csv(${quotePaths([file])}[1], sample_size := -1, strict_mode := false)`
  const [sniffed = {}] = await ask({ ...examined, files: [file] }, sql)
  const text = (name: string) => {
    const value = sniffed[name]
    return typeof value === 'string' && value !== '(empty)' && value !== '\\0' ? value : undefined
  }
  const other = (name: string, usual: string | RegExp) => {
    const value = text(name)
    return value !== undefined && !(typeof usual === 'string' ? value === usual : usual.test(value))
      ? value
      : undefined
  }
  const found = {
    header: sniffed['HasHeader'] === false ? false : undefined,
    delimiter: other('Delimiter', ','),
    quote: other('Quote', '"'),
    escape: other('Escape', '"'),
    skip: Number(sniffed['SkipRows'] ?? 0) || undefined,
    dateFormat: other('DateFormat', '%Y-%m-%d'),
    timestampFormat: other('TimestampFormat', /^%Y-%m-%d[ T]%H:%M:%S(\.%[fgn])?$/),
  }
  const comment = text('Comment')
  return {
    dialect: Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)),
    notes:
      comment === undefined
        ? []
        : [`it seems to hold comments behind '${comment}', which no source leaves out`],
  }
}

/** All options are said, as the source will say them; only the types are left to DuckDB. */
function csv(examined: Examined, dialect: CsvDialect, options: { readonly [name: string]: string }): string {
  const { dateFormat, timestampFormat } = dialect
  return readBy('read_csv', examined, {
    strict_mode: 'false',
    header: String(dialect.header ?? true),
    delim: quoteText(dialect.delimiter ?? ','),
    quote: quoteText(dialect.quote ?? '"'),
    escape: quoteText(dialect.escape ?? '"'),
    skip: String(dialect.skip ?? 0),
    nullstr: quoteTexts(dialect.nulls ?? ['']),
    decimal_separator: quoteText(dialect.decimalSeparator ?? '.'),
    ...(dateFormat !== undefined && { dateformat: quoteText(dateFormat) }),
    ...(timestampFormat !== undefined && { timestampformat: quoteText(timestampFormat) }),
    ...options,
  })
}

function typedCsv(examined: Examined, dialect: CsvDialect): string {
  return csv(examined, dialect, { sample_size: '-1', files_to_sniff: '-1' })
}

/** Which of the usual words for NULL stand alone in a field. */
async function wordsForNull(examined: Examined, dialect: CsvDialect): Promise<string[]> {
  const texts = csv(examined, dialect, { all_varchar: 'true' })
  const names = (await schemaOf(examined, texts)).map(({ name }) => quoteName(name))
  const words = quoteTexts(nullWords)
  const held = names.map((name, at) => `list(DISTINCT ${name}) FILTER (${name} IN ${words}) AS c${at}`)
  const [row = {}] = await ask(examined, `SELECT ${held.join(', ')} FROM ${texts}`)
  const found = new Set(Object.values(row).flatMap((list) => (Array.isArray(list) ? (list as string[]) : [])))
  return nullWords.filter((word) => found.has(word))
}

/** Where fields are not parted by commas, numbers may have one: tried, and taken when it gives more numbers. */
async function withDecimalComma(
  examined: Examined,
  dialect: CsvDialect,
  facts: FileFacts,
): Promise<FileFacts | undefined> {
  if ((dialect.delimiter ?? ',') === ',') return undefined
  const tried: CsvDialect = { ...dialect, decimalSeparator: ',' }
  const schema = await schemaOf(examined, typedCsv(examined, tried))
  const texts = (columns: readonly { readonly type: string }[]) =>
    columns.filter(({ type }) => type === 'VARCHAR').length
  if (texts(schema) >= texts(facts.columns)) return undefined
  return { ...(await factsOf(examined, typedCsv(examined, tried))), dialect: tried }
}
