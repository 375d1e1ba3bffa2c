// How much of a realm needs attention, in a chip below its name. What it is, the overview of the realm says.
import type { OperationOutput } from '@countersign/admin'
import type { Tone } from '../../shared/components/chip.tsx'

type Summary = OperationOutput<'realms.summary'>
type Item = Pick<Summary['attention'][number], 'severity'>
export type RealmAttention = Pick<Summary, 'more'> & { readonly attention: readonly Item[] }

const tones: Readonly<Record<Item['severity'], Tone>> = { bad: 'bad', warn: 'warn', ok: 'go' }

/** Undefined for nothing. */
export function describeAttention({ attention, more }: RealmAttention): { readonly tone: Tone; readonly words: string } | undefined {
  // The most urgent first.
  const [worst] = attention
  if (!worst) return undefined
  const count = attention.length
  return { tone: tones[worst.severity], words: `${count}${more ? ' and more' : ''} ${count === 1 ? 'needs' : 'need'} attention` }
}
