import { type Row, useAnswer } from '../ask.ts'
import { formatBytes } from '../format.ts'
import { goTo, linkTo } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Grid } from '../parts/grid.tsx'
import { Name } from '../parts/names.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import type { NodeAnswer } from './node.tsx'

/** Fields with their values, read from the core when it is at hand; else with their types. */
export function Values({ node, fields, outbound }: NodeAnswer) {
  const asked = useAnswer<{ values: Row[] | null; missing: string | null }>('values', { id: Number(node.id) })
  return (
    <section aria-labelledby="values">
      <h2 id="values">Value</h2>
      <Await asked={asked}>
        {({ values, missing }) =>
          values === null ? (
            <>
              <p class="quiet">Not read: {missing}.</p>
              {fields.length > 0 && <Fields rows={fields} />}
            </>
          ) : (
            <ValueGrid rows={values} outbound={outbound} id={Number(node.id)} />
          )
        }
      </Await>
    </section>
  )
}

function ValueGrid({ rows, outbound, id }: { rows: Row[]; outbound: Row[]; id: number }) {
  const isPart = rows.some(({ field }) => String(field).endsWith('…'))
  const retained = new Map(outbound.map((row) => [row.target_id, row.retained_size]))
  return (
    <Grid
      label="Values"
      isInAddress={false}
      visible={14}
      rows={rows}
      whole={isPart ? { table: 'values', params: { id } } : undefined}
      open={(row) => row.target_id !== null && goTo('node', { id: Number(row.target_id) })}
      columns={[
        {
          name: 'field',
          title: 'field',
          width: 'minmax(8rem, 1fr)',
          value: (row) => row.field,
          show: (row) => <Name text={row.field === '' ? '(itself)' : String(row.field)} />,
        },
        {
          name: 'value',
          title: 'value',
          width: 'minmax(14rem, 2fr)',
          value: (row) => row.value,
          show: (row) =>
            row.value === null ? (
              <span class="quiet">unknown</span>
            ) : row.target_id === null ? (
              <Name text={String(row.value)} />
            ) : (
              <a href={linkTo('node', { id: Number(row.target_id) })}>
                <Name text={String(row.value)} />
              </a>
            ),
        },
        {
          name: 'type',
          title: 'type',
          width: 'minmax(8rem, 1fr)',
          value: (row) => row.type,
          show: (row) => <Name text={String(row.type ?? '')} />,
        },
        {
          name: 'retained_size',
          title: 'retained',
          doc: 'by the object that it points at',
          isNumber: true,
          width: '6rem',
          value: (row) => retained.get(row.target_id) ?? null,
          show: (row) => {
            const bytes = retained.get(row.target_id) ?? null
            return row.target_id === null || bytes === null ? '' : formatBytes(bytes)
          },
        },
      ]}
    />
  )
}

function Fields({ rows }: { rows: Row[] }) {
  return (
    <ShortTable
      label="Fields of the type"
      rows={rows}
      keyOf={(row) => String(row.position)}
      columns={[
        { name: 'offset', title: 'offset', isNumber: true, width: '4rem', value: (row) => row.offset },
        {
          name: 'name',
          title: 'field',
          value: (row) => row.name,
          show: (row) => <Name text={`.${row.name}`} />,
        },
        {
          name: 'type',
          title: 'type',
          value: (row) => row.type,
          show: (row) => <Name text={String(row.type)} />,
        },
        { name: 'size', title: 'bytes', isNumber: true, width: '4rem', value: (row) => row.size },
      ]}
    />
  )
}
