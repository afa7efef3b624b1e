interface ChoiceProps {
  /** What is chosen, for screen readers. */
  legend: string
  /** Value and title of each. */
  options: readonly (readonly [value: string, title: string])[]
  chosen: string
  choose: (value: string) => void
}

/** One of a few: radio buttons that look like one row of buttons. */
export function Choice({ legend, options, chosen, choose }: ChoiceProps) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{legend}</legend>
      {options.map(([value, title]) => (
        <label key={value}>
          <input type="radio" name={legend} checked={value === chosen} onChange={() => choose(value)} />
          {title}
        </label>
      ))}
    </fieldset>
  )
}

/** A field that narrows what is shown; what is typed is in the address. */
export function Filter({ label, text, type }: { label: string; text: string; type: (text: string) => void }) {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label.toLowerCase()}
      value={text}
      onInput={(event) => type(event.currentTarget.value)}
    />
  )
}
