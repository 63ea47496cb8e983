import { edited, type Edit } from '../../engine/duckdb/edits.ts'
import { namePlaces, starPlaces, type NamePlace } from '../../engine/duckdb/name-places.ts'
import type { AnalysedInput, Analysis, AnalysisRequest, InputColumn } from '../../engine/analysis.ts'
import type { RenderedQuery } from '../../contract/render.ts'

/** One column that gets another name. */
export interface ColumnRename {
  readonly from: string
  readonly to: string
}

/** A query over inputs of which some have the column. */
export interface QuerySubject {
  readonly query: RenderedQuery
  readonly inputs: readonly AnalysedInput[]
  /** The handles of those that read the table of the column. */
  readonly affected: ReadonlySet<string>
  /** The query writes the table itself: its result gets the new name. */
  readonly writes: boolean
  /** Nobody asks for the names of its result, as of the query of a check. */
  readonly nameless?: true
}

/** What of the query's text is replaced, or why that cannot be said. */
export type QueryRename =
  | { readonly edits: readonly Edit[] }
  /** `unparsed`: the new name is a word that cannot stand there without quotes. */
  | { readonly stuck: string; readonly offset?: number; readonly unparsed?: true }

export type Analyse = (requests: readonly AnalysisRequest[]) => Promise<readonly Analysis[]>

/**
 * Finds what of a query refers to a column, and nothing else: the query is bound to contracts in which the column
 * has its new name. A name that does not bind any more is replaced where it is the old one, and the query bound
 * again. It is done when the result has the same columns and types, made of the same columns of the inputs and
 * with rows decided by the same, as before.
 */
export async function renameInQuery(
  subject: QuerySubject,
  rename: ColumnRename,
  analyse: Analyse,
): Promise<QueryRename> {
  const found = await new Search(subject, rename, analyse, false).find()
  // Some words can stand as a name in some places only.
  if (!('stuck' in found) || !found.unparsed) return found
  return new Search(subject, rename, analyse, true).find()
}

/** So many rounds no query needs: each replaces a name at least. */
const mostRounds = 60

class Search {
  readonly #subject: QuerySubject
  readonly #rename: ColumnRename
  readonly #analyse: Analyse
  readonly #inQuotes: boolean
  readonly #after: readonly AnalysedInput[]
  readonly #places: readonly NamePlace[]
  #wanted: Analysis = { problems: [], columns: [] }

  constructor(subject: QuerySubject, rename: ColumnRename, analyse: Analyse, inQuotes: boolean) {
    this.#inQuotes = inQuotes
    this.#subject = subject
    this.#rename = rename
    this.#analyse = analyse
    this.#after = subject.inputs.map((input) => {
      if (!subject.affected.has(input.handle)) return input
      const { key, columns } = input
      return {
        ...input,
        columns: columns.map((each) => ({ ...each, name: renamed(each.name, rename) })),
        ...(key && { key: key.map((each) => renamed(each, rename)) }),
      }
    })
    this.#places = namePlaces(subject.query.text, rename.from)
  }

  async find(): Promise<QueryRename> {
    const { inputs, query } = this.#subject
    const [before] = await this.#analyse([this.#request(query.text, inputs)])
    const fault = before && faultsOf(before)[0]
    if (before === undefined || fault) return { stuck: `the query does not bind: ${fault?.message ?? ''}` }
    this.#wanted = before
    let edits: readonly Edit[] = this.#subject.writes ? await this.#resultEdits() : []
    for (let round = 0; round < mostRounds; round++) {
      const found = await this.#look(edits)
      if (this.#isGood(found)) return { edits }
      const next = this.#named(found, edits) ?? (await this.#tried(found, edits))
      if (next === undefined) return this.#stuck(found, edits)
      edits = next
    }
    return { stuck: 'the names of this query do not settle' }
  }

  /** What gives the result of the query itself the new name. */
  async #resultEdits(): Promise<readonly Edit[]> {
    const { to } = this.#rename
    const outer = this.#places.filter((place) => place.outer && place.role !== 'column')
    if (outer.length > 0) {
      return outer.map((place) => ({
        start: place.start,
        end: place.end,
        text:
          place.role === 'alias' ? this.#written(place) : `${this.#textOf(place)} AS ${this.#nameText(to)}`,
      }))
    }
    const options = this.#starEdits([], this.#rename)
    const results = await Promise.all(options.map((edits) => this.#look(edits)))
    return options.find((_, at) => this.#hasColumns(results[at])) ?? []
  }

  /** Replaces the names that faults are about, or undefined when none is. */
  #named(found: Analysis, edits: readonly Edit[]): readonly Edit[] | undefined {
    const now = edited(this.#subject.query.text, edits)
    const added = faultsOf(found).flatMap(({ query }) => {
      if (!query) return []
      const index = now.indexAt(Buffer.byteLength(now.text.slice(0, query.offset))) ?? -1
      const place = this.#free(edits).find(({ chain, end }) => chain <= index && index < end)
      return place ? [this.#edit(place)] : []
    })
    const once = new Map(added.map((edit) => [edit.start, edit]))
    return once.size === 0 ? undefined : [...edits, ...once.values()]
  }

  /**
   * The way when no fault names a place: of all single changes that are left, and all together, the one that is
   * right, or else brings the query further.
   */
  async #tried(found: Analysis, edits: readonly Edit[]): Promise<readonly Edit[] | undefined> {
    const free = this.#free(edits).map((place) => this.#edit(place))
    const back = { from: this.#rename.to, to: this.#rename.from }
    const options = [
      ...(faultsOf(found).length === 0 ? this.#starEdits(edits, back) : []),
      ...free.map((edit) => [...edits, edit]),
      ...(free.length > 1 ? [[...edits, ...free]] : []),
    ]
    const results = await this.#lookAll(options)
    const good = results.findIndex((each) => this.#isGood(each))
    if (good >= 0) return options[good]
    const faults = faultsOf(found).length
    const better = results.findIndex((each) => faultsOf(each).length < faults)
    return options[better]
  }

  #starEdits(edits: readonly Edit[], { from, to }: ColumnRename): (readonly Edit[])[] {
    const text = ` RENAME (${this.#nameText(from)} AS ${this.#nameText(to)})`
    const { query } = this.#subject
    const stars = starPlaces(query.text).map(({ end }) => ({
      start: end - 1,
      end,
      text: query.text.charAt(end - 1) + text,
    }))
    const free = stars.filter(({ start }) => edits.every((edit) => edit.start !== start))
    return free.map((edit) => [...edits, edit])
  }

  #free(edits: readonly Edit[]): readonly NamePlace[] {
    return this.#places.filter(({ start }) => edits.every((edit) => edit.start !== start))
  }

  /** A bare column of a SELECT list goes on under its old name: what is around it knows that one. */
  #edit(place: NamePlace): Edit {
    const text = this.#written(place)
    const keeps = place.role === 'item' && !(place.outer && this.#subject.writes)
    return { start: place.start, end: place.end, text: keeps ? `${text} AS ${this.#textOf(place)}` : text }
  }

  #textOf({ start, end }: NamePlace): string {
    return this.#subject.query.text.slice(start, end)
  }

  #written({ quoted }: NamePlace): string {
    return quoted ? quotedName(this.#rename.to) : this.#nameText(this.#rename.to)
  }

  #nameText(name: string): string {
    return this.#inQuotes ? quotedName(name) : sqlName(name)
  }

  #isGood(found: Analysis): boolean {
    return faultsOf(found).length === 0 && this.#hasColumns(found) && this.#hasLineage(found)
  }

  #hasColumns(found: Analysis | undefined): boolean {
    const { columns } = this.#wanted
    return (
      found !== undefined &&
      columns.length === found.columns.length &&
      columns.every(({ name, type }, at) => {
        const other = found.columns[at]
        return other?.type === type && (this.#subject.nameless || other.name === this.#resultName(name))
      })
    )
  }

  #hasLineage({ lineage, columns: columnsNow }: Analysis): boolean {
    const wanted = this.#wanted.lineage
    if (!wanted || !lineage) return wanted === lineage
    const columns = this.#wanted.columns.every(({ name }, at) => {
      const found = lineage.columns[columnsNow[at]?.name ?? '']
      return found !== undefined && this.#key(wanted.columns[name] ?? [], true) === this.#key(found, false)
    })
    return columns && this.#key(wanted.rows, true) === this.#key(lineage.rows, false)
  }

  #key(columns: readonly InputColumn[], before: boolean): string {
    const keys = columns.map(({ handle, column }) => {
      const now = before && this.#subject.affected.has(handle) ? renamed(column, this.#rename) : column
      return JSON.stringify([handle, now])
    })
    return [...new Set(keys)].toSorted().join()
  }

  #resultName(name: string): string {
    return this.#subject.writes ? renamed(name, this.#rename) : name
  }

  #stuck(found: Analysis, edits: readonly Edit[]): QueryRename {
    const { text } = this.#subject.query
    const [fault] = faultsOf(found)
    const first = this.#free(edits)[0] ?? this.#places[0]
    if (fault) {
      const now = edited(text, edits)
      const at = fault.query && now.indexAt(Buffer.byteLength(now.text.slice(0, fault.query.offset)))
      const offset = at ?? first?.start
      const unparsed = fault.code === 'query/parse'
      const stuck = / side of join!/.test(fault.message)
        ? 'USING joins two tables by this name: write ON with both names'
        : fault.message.replace(/^query: /, '')
      return { stuck, ...(offset !== undefined && { offset }), ...(unparsed && { unparsed }) }
    }
    const stuck = this.#hasColumns(found)
      ? 'it would bind to other columns than before, so its rows would change'
      : 'its result would have other columns than before'
    return { stuck, offset: first?.start ?? Math.max(0, text.search(/\S/)) }
  }

  async #look(edits: readonly Edit[]): Promise<Analysis> {
    const [found] = await this.#lookAll([edits])
    return found ?? { problems: [], columns: [] }
  }

  #lookAll(options: readonly (readonly Edit[])[]): Promise<readonly Analysis[]> {
    const { query } = this.#subject
    return this.#analyse(options.map((edits) => this.#request(edited(query.text, edits).text, this.#after)))
  }

  #request(text: string, inputs: readonly AnalysedInput[]): AnalysisRequest {
    return { query: { ...this.#subject.query, text }, inputs, volatile: true, lineage: true }
  }
}

function faultsOf({ problems }: Analysis) {
  return problems.filter(({ severity }) => severity !== 'warn')
}

/** A name after the rename. SQL does not tell letters by case. */
function renamed(name: string, { from, to }: ColumnRename): string {
  return name.toLowerCase() === from.toLowerCase() ? to : name
}

/** A column's name as it is written in SQL: in quotes where it must be. */
function sqlName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reservedWords.has(name.toUpperCase())
    ? name
    : quotedName(name)
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Words that are no bare column in DuckDB (`duckdb_keywords()`, categories reserved and type_function). */
const reservedWords = new Set(
  (
    'ALL ANALYSE ANALYZE AND ANTI ANY ARRAY AS ASC ASOF ASYMMETRIC AUTHORIZATION BINARY BOTH CASE CAST CHECK COLLATE ' +
    'COLLATION COLUMN CONCURRENTLY CONSTRAINT CREATE CROSS DEFAULT DEFERRABLE DESC DESCRIBE DISTINCT DO ELSE END EXCEPT ' +
    'FALSE FETCH FOR FOREIGN FREEZE FROM FULL GENERATED GLOB GRANT GROUP HAVING ILIKE IN INITIALLY INNER INTERSECT INTO ' +
    'IS ISNULL JOIN LAMBDA LATERAL LEADING LEFT LIKE LIMIT MAP NATURAL NOT NOTNULL NULL OFFSET ON ONLY OR ORDER OUTER ' +
    'OVERLAPS PIVOT PIVOT_LONGER PIVOT_WIDER PLACING POSITIONAL PRIMARY QUALIFY REFERENCES RETURNING RIGHT SELECT SEMI ' +
    'SHOW SIMILAR SOME STRUCT SUMMARIZE SYMMETRIC TABLE TABLESAMPLE THEN TO TRAILING TRUE TRY_CAST UNION UNIQUE UNPACK ' +
    'UNPIVOT USING VARIADIC VERBOSE WHEN WHERE WINDOW WITH'
  ).split(' '),
)
