import type { Row } from '../ask.ts'
import { formatBytes, formatCount, retainedText } from '../format.ts'
import { goTo } from '../location.ts'
import { Grid } from '../parts/grid.tsx'
import { Name, NodeLink } from '../parts/names.tsx'
import type { NodeAnswer } from './node.tsx'

/** What a node points at. */
export function Outbound(answer: NodeAnswer) {
  const { node, outbound, outboundCount, counted } = answer
  return (
    <section aria-labelledby="outbound">
      <h2 id="outbound">
        Points at <span class="quiet">{countText(outboundCount, counted)}</span>
      </h2>
      {outbound.length > 0 && (
        <Grid
          label="Outbound pointers"
          isInAddress={false}
          visible={12}
          rows={outbound}
          {...wholeOf(
            node.kind === 'object' ? 'outbound' : 'root-outbound',
            answer,
            outbound.length,
            outboundCount,
          )}
          open={(row) => goTo('node', { id: Number(row.target_id) })}
          columns={[
            {
              name: 'path',
              title: 'field',
              value: (row) => row.path,
              show: (row) => <Name text={fieldText(row)} />,
            },
            {
              name: 'target',
              title: 'points at',
              value: (row) => row.label,
              show: (row) => <NodeLink id={Number(row.target_id)} label={withOffset(row)} />,
            },
            {
              name: 'size',
              title: 'size',
              isNumber: true,
              width: '6rem',
              value: (row) => row.size,
              show: (row) => formatBytes(row.size),
            },
            {
              name: 'retained_size',
              title: 'retained',
              isNumber: true,
              width: '6rem',
              value: (row) => row.retained_size,
              show: (row) => (row.retained_size === null ? '' : formatBytes(row.retained_size)),
            },
            {
              name: 'is_bridge',
              title: 'only holder',
              doc: 'setting this pointer to nil would make what it points at garbage',
              width: '7rem',
              value: (row) => row.is_bridge,
              show: (row) => (row.is_bridge ? 'yes' : ''),
            },
          ]}
        />
      )}
    </section>
  )
}

/** Who points at an object. */
export function Inbound(answer: NodeAnswer) {
  const { inbound, inboundCount, counted } = answer
  return (
    <section aria-labelledby="inbound">
      <h2 id="inbound">
        Pointed at by <span class="quiet">{countText(inboundCount, counted)}</span>
      </h2>
      {inbound.length > 0 && (
        <Grid
          label="Inbound pointers"
          isInAddress={false}
          visible={12}
          rows={inbound}
          {...wholeOf('inbound', answer, inbound.length, inboundCount)}
          columns={[
            {
              name: 'source',
              title: 'holder',
              value: (row) => row.label,
              show: (row) => (
                <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.label)} />
              ),
            },
            {
              name: 'path',
              title: 'field',
              value: (row) => row.path,
              show: (row) => <Name text={fieldText(row)} />,
            },
            {
              name: 'retained_size',
              title: 'holder retains',
              isNumber: true,
              width: '8rem',
              value: (row) => row.retained_size,
              show: retainedText,
            },
            {
              name: 'is_bridge',
              title: 'only holder',
              doc: 'setting this pointer to nil would make the object garbage',
              width: '7rem',
              value: (row) => row.is_bridge,
              show: (row) => (row.is_bridge ? 'yes' : ''),
            },
          ]}
        />
      )}
    </section>
  )
}

const countText = (count: number, counted: number) =>
  count >= counted
    ? `at least ${formatCount(count)} pointers`
    : `${formatCount(count)} ${count === 1 ? 'pointer' : 'pointers'}`

/** For Export, when not all of them are in the page. */
function wholeOf(table: string, { node, counted }: NodeAnswer, shown: number, count: number) {
  if (shown >= count) return {}
  return { whole: { table, params: { id: Number(node.id) } }, count: count < counted ? count : undefined }
}

const fieldText = (row: Row) =>
  row.path === null ? `+${row.offset}` : row.path === '' ? '(itself)' : String(row.path)
const withOffset = (row: Row) =>
  row.target_offset === 0 ? String(row.label) : `${row.label} +${row.target_offset}`
