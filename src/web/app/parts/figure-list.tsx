/** Figures in a row, each with its name above and a remark below; '' for none. */
export function FigureList({ figures }: { figures: readonly (readonly string[])[] }) {
  return (
    <dl class="figures">
      {figures.map(([name, figure, more]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{figure}</dd>
          <dd class="quiet">{more}</dd>
        </div>
      ))}
    </dl>
  )
}
