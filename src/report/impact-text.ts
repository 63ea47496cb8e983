import { columnText } from '../check/column-name.ts'
import type { Impact } from '../check/impact.ts'
import { plural } from './amount.ts'
import { plainPaint } from './paint.ts'
import { hanging, type TextOptions } from './wrap.ts'

/** What a change would reach, nearest first. */
export function impactText(impact: Impact, options: TextOptions = {}): string {
  const { width = Infinity, paint = plainPaint } = options
  const { of, tables, steps, flows } = impact
  const name = of.column === undefined ? of.table : columnText({ table: of.table, column: of.column })
  if (steps.length === 0) return `${paint.bold(name)}\nno step reads it\n`
  return `${[
    paint.bold(name),
    ...hanging(
      `a change reaches ${plural(tables.length, 'table')}, ${plural(steps.length, 'step')}, ${plural(flows.length, 'flow')}`,
      '',
      '  ',
      width,
    ),
    '',
    'steps',
    ...steps.flatMap(({ step, file, direct, opaque }) => {
      const text = `${step} (${file})${direct ? '' : ' indirect'}${opaque ? ', not looked inside' : ''}`
      return hanging(text, '  ', '    ', width).map((line) =>
        line.replace(`(${file})`, paint.dim(`(${file})`)),
      )
    }),
    ...(tables.length > 0 ? ['', 'columns'] : []),
    ...tables.flatMap(({ table, columns }) => [
      `  ${table}${columns.some(({ direct }) => direct) ? '' : ' indirect'}`,
      ...listed('values', columns, 'value', width),
      ...listed('rows only', columns, 'rows', width),
    ]),
    ...(flows.length > 0 ? ['', ...hanging(`flows: ${flows.join(', ')}`, '', '  ', width)] : []),
  ].join('\n')}\n`
}

function listed(
  title: string,
  columns: Impact['tables'][number]['columns'],
  how: 'value' | 'rows',
  width: number,
): string[] {
  const names = columns.filter((column) => column.how === how).map(({ column }) => column)
  return names.length === 0 ? [] : hanging(`${title}: ${names.join(', ')}`, '    ', '      ', width)
}
