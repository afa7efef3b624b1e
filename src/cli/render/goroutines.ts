import { formatBytes, formatCount, formatDuration } from '../../base/numbers.ts'
import type { Cell, QueryResult } from '../../schema/heap-db.ts'
import type { Output } from '../output.ts'
import { renderTable } from './table.ts'
import { showControls } from './text.ts'

type Row = ReadonlyMap<string, Cell>

/** A row of the query goroutine-stacks as tracebacks show it, with what it retains. Without `frames` only the head. */
export async function writeStack(output: Output, row: Row): Promise<void> {
  const text = (name: string) => String(row.get(name) ?? '')
  const number = (name: string) => Number(row.get(name))
  const isGiven = (name: string) => (row.get(name) ?? null) !== null
  const waited = isGiven('waited_ns') ? ` for ${formatDuration(number('waited_ns') / 1e9)} or more` : ''
  const reason = isGiven('wait_reason') ? ` [${text('wait_reason')}${waited}]` : ''
  const count = number('goroutines')
  const objects = number('retained_count')
  const calls = text('frames').split('\n')
  const lines = [
    `${count === 1 ? 'goroutine' : `${formatCount(count)} goroutines, one is`} ${text('example_goid')}: ${text('status')}${reason}`,
    `  ${count === 1 ? 'retains' : 'they retain'} ${formatBytes(number('retained_size'))} in ${formatCount(objects)} ${
      objects === 1 ? 'object' : 'objects'
    }; ${count === 1 ? 'stack' : 'stacks'} ${formatBytes(number('stack_size'))}`,
    ...(isGiven('labels') ? [`  labels ${text('labels')}`] : []),
    ...calls.filter((call) => call !== '').map((call) => `    ${call}`),
    ...(isGiven('created_by') ? [`    created by ${text('created_by')}`] : []),
  ]
  await output.write(`${lines.map(showControls).join('\n')}\n\n`)
}

/** Rows of the query goroutine-stack: each call with its variables below it. */
export async function writeFrames(output: Output, { columns, rows }: QueryResult): Promise<void> {
  const all = Array.from(rows, (row): Row => new Map(columns.map((name, place) => [name, row[place]])))
  for (const [depth, [frame, ...variables]] of Map.groupBy(all, (row) => row.get('depth'))) {
    const place = frame.get('place') === null ? '' : `  ${frame.get('place')}`
    await output.write(showControls(`${depth}  ${frame.get('name')}${place}`))
    await output.write('\n')
    if (variables.length > 0) await output.write(renderVariables(variables, output.width))
  }
}

const INDENT = '     '

function renderVariables(variables: readonly Row[], width: number | undefined): string {
  const cells = variables.map((row) => [
    INDENT + showControls(`${row.get('kind')} ${row.get('name')}`),
    showControls(String(row.get('type') ?? '(type unknown)')),
    showTarget(row),
    Number(row.get('retained_size')) > 0
      ? `alone holds ${formatBytes(Number(row.get('retained_size')))}`
      : '',
  ])
  const table = renderTable(
    cells[0].map(() => ({ title: '', align: 'left' })),
    cells,
    width,
  )
  // Without the line of the titles.
  return table.slice(table.indexOf('\n') + 1)
}

function showTarget(row: Row): string {
  if (row.get('target_id') === null) return ''
  const others = Number(row.get('targets')) - 1
  const more = others > 0 ? ` and ${formatCount(others)} more` : ''
  return showControls(`-> ${row.get('target_id')} ${row.get('target') ?? '(type unknown)'}${more}`)
}
