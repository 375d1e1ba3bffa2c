// The text of a version, and what is different from the one that was accepted before.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { AgreementText } from '../../shared/agreement-text.tsx'
import type { CallError } from '../../shared/call-error.ts'
import { Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { TextDifferences } from '../../shared/text-differences.tsx'
import { own } from '../own.ts'

type Version = OperationOutput<'dpa.versions'>['items'][number]

export interface AgreementToReadProps {
  readonly version: Version
  readonly others: readonly Version[]
  /** The highest version that was accepted. */
  readonly accepted: string | null
  readonly isNext: boolean
  /** Undefined while it is read, or if that failed. */
  readonly text: string | undefined
  readonly error: CallError | undefined
  readonly refresh: () => void
}

export function AgreementToRead(props: AgreementToReadProps): VNode | null {
  const { others, accepted, isNext, text, error, refresh } = props
  const { version, textDigest } = props.version
  const before = others.find((one) => one.version === accepted && one.version !== version && Boolean(one.textDigest))
  const [isCompared, setCompared] = useState(false)
  if (!textDigest) return null
  return (
    <Card
      title={
        <>
          {isNext ? 'To accept: version' : 'Version'} <Name>{version}</Name>
        </>
      }
      beside={
        before && (
          <button type="button" aria-pressed={isCompared} onClick={() => setCompared(!isCompared)}>
            What is new since {before.version}
          </button>
        )
      }
    >
      <div class="grid">
        {text === undefined ? (
          error && <Failure error={error} retry={refresh} />
        ) : isCompared && before ? (
          <Compared text={text} before={before.version} />
        ) : (
          <AgreementText text={text} />
        )}
        <p class="small soft">
          SHA-256 of the text: <Copyable text={textDigest} name="digest" />
        </p>
      </div>
    </Card>
  )
}

/** A published text does not change. */
const every = 600_000

/** @param when false for a version without a text */
export function textOf(version: string, when = true) {
  return read('dpa.text', { params: { realm: own().realm, version } }, { every, when })
}

function Compared({ text, before }: { readonly text: string; readonly before: string }): VNode {
  const { answers, error, refresh } = useReads({ earlier: textOf(before) })
  if (answers) return <TextDifferences before={answers.earlier.text} after={text} />
  return error ? <Failure error={error} retry={refresh} /> : <Skeleton lines={12} />
}
