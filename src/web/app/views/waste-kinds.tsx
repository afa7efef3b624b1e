import type { Row } from '../ask.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'
import { linkTo } from '../location.ts'
import { Bar, Name } from '../parts/names.tsx'
import { ShortTable } from '../parts/short-table.tsx'

/** Kinds of waste, each with a link to the query that tells more. `byType`: the query that takes a kind. */
export function WasteKinds({ rows, byType }: { rows: Row[]; byType: string }) {
  const most = rows.reduce((max, row) => Math.max(max, Number(row.bytes)), 1)
  return (
    <ShortTable
      label="Kinds of waste"
      rows={rows}
      keyOf={(row) => String(row.kind)}
      whole={{ table: 'query', params: { name: 'waste' } }}
      count={rows.length}
      columns={[
        {
          name: 'kind',
          title: 'kind',
          width: '9.5rem',
          value: (row) => row.kind,
          show: (row) => {
            const kind = row.more === byType ? String(row.kind) : undefined
            return <a href={linkTo('waste', { query: String(row.more), kind })}>{row.kind}</a>
          },
        },
        {
          name: 'bytes',
          title: 'bytes',
          isNumber: true,
          width: '10rem',
          value: (row) => row.bytes,
          show: (row) => <Bar bytes={Number(row.bytes)} of={most} />,
        },
        {
          name: 'share',
          title: 'share',
          doc: 'of the spans of objects',
          isNumber: true,
          width: '4.5rem',
          value: (row) => row.share,
          show: (row) => <span class="quiet">{formatPercent(Number(row.share))}</span>,
        },
        {
          name: 'objects',
          title: 'objects',
          doc: 'that have such bytes; values for struct padding, contents for duplicates, slots or spans for free ones',
          isNumber: true,
          width: '5rem',
          value: (row) => row.objects,
          show: (row) => formatCount(row.objects),
        },
        {
          name: 'unknown_bytes',
          title: 'unknown',
          doc: 'slots of objects of which it is not known',
          isNumber: true,
          width: '6.5rem',
          value: (row) => row.unknown_bytes,
          show: (row) => (row.unknown_bytes === 0 ? '' : formatBytes(row.unknown_bytes)),
        },
        {
          name: 'worst_type',
          title: 'worst type',
          width: '20%',
          value: (row) => row.worst_type,
          show: (row) =>
            row.worst_type === null ? (
              ''
            ) : (
              <>
                <a href={linkTo('histogram', { filter: String(row.worst_type) })}>
                  <Name text={String(row.worst_type)} most={40} />
                </a>{' '}
                <span class="quiet small">{formatBytes(row.worst_bytes)}</span>
              </>
            ),
        },
        {
          name: 'note',
          title: 'what it is, and what helps',
          value: (row) => row.note,
          show: (row) => <span class="quiet small">{row.note}</span>,
        },
      ]}
    />
  )
}
