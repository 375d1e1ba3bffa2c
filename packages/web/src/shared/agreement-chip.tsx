import type { VNode } from 'preact'
import { Chip, type Tone } from './components/chip.tsx'
import { Name } from './components/name.tsx'

export type AgreementStanding = 'accepted' | 'outdated' | 'missing' | 'not-required'

const chips: Readonly<Record<AgreementStanding, readonly [tone: Tone, words: string]>> = {
  accepted: ['ok', 'accepted'],
  outdated: ['warn', 'only an older one'],
  missing: ['bad', 'never accepted'],
  'not-required': ['off', 'not required'],
}

/** How an organization stands to the agreement, with the version that it accepted. */
export function AgreementChip({ standing, version }: { readonly standing: AgreementStanding; readonly version: string | null }): VNode {
  const [tone, words] = chips[standing]
  return (
    <Chip tone={tone}>
      {words}
      {version !== null && (
        <>
          : <Name>{version}</Name>
        </>
      )}
    </Chip>
  )
}
