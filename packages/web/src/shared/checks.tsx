// The checks of a decision in their order: what each saw, and where it ended.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Name } from './components/name.tsx'

type Check = OperationOutput<'requests.explain'>['checks'][number]

const marks = { passed: '✓', failed: '✗', 'not-required': '–', 'not-reached': '–' } as const
const words = { passed: 'passed', failed: 'failed', 'not-required': 'not required', 'not-reached': 'not reached' } as const

export function Checks({ checks }: { readonly checks: readonly Check[] }): VNode {
  return (
    <ol class="checks" aria-label="Checks, in order">
      {checks.map(({ check, result, saw }) => (
        <li key={check} class={result}>
          <span aria-hidden="true">{marks[result]}</span>
          <span>
            <b>{check}</b>
            <span class={result === 'passed' ? 'unseen' : 'soft'}> {words[result]}</span>
            {saw !== null && (
              <>
                : <Name>{saw.replace(/T([\d:]{8})\.\d+Z/, ' $1 UTC')}</Name>
              </>
            )}
          </span>
        </li>
      ))}
    </ol>
  )
}
