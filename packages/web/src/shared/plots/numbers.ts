const whole = new Intl.NumberFormat('en-GB')
const short = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 })

export function describeNumber(value: number | null): string {
  return value === null ? 'no data' : whole.format(value)
}

/** For an axis: "20k". */
export function shortNumber(value: number): string {
  return value < 10_000 ? whole.format(value) : short.format(value)
}
