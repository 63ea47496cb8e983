import { columnText } from '../check/column-name.ts'
import type { Impact } from '../check/impact.ts'
import { plural } from './amount.ts'
import type { Paint } from './paint.ts'
import { plainPaint } from './paint.ts'

/** What a change would reach, nearest first. */
export function impactText(impact: Impact, paint: Paint = plainPaint): string {
  const { of, tables, steps, flows } = impact
  const name = of.column === undefined ? of.table : columnText({ table: of.table, column: of.column })
  if (steps.length === 0) return `${paint.bold(name)}\nno step reads it\n`
  return `${[
    paint.bold(name),
    `a change reaches ${plural(tables.length, 'table')}, ${plural(steps.length, 'step')}, ${plural(flows.length, 'flow')}`,
    '',
    'steps',
    ...steps.map(
      ({ step, file, direct, opaque }) =>
        `  ${step} ${paint.dim(`(${file})`)}${direct ? '' : ' indirect'}${opaque ? ', not looked inside' : ''}`,
    ),
    ...(tables.length > 0 ? ['', 'columns'] : []),
    ...tables.flatMap(({ table, columns }) => [
      `  ${table}${columns.some(({ direct }) => direct) ? '' : ' indirect'}`,
      ...listed('values', columns, 'value'),
      ...listed('rows only', columns, 'rows'),
    ]),
    ...(flows.length > 0 ? ['', `flows: ${flows.join(', ')}`] : []),
  ].join('\n')}\n`
}

function listed(
  title: string,
  columns: Impact['tables'][number]['columns'],
  how: 'value' | 'rows',
): string[] {
  const names = columns.filter((column) => column.how === how).map(({ column }) => column)
  return names.length === 0 ? [] : [`    ${title}: ${names.join(', ')}`]
}
