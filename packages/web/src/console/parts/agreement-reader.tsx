// The text of one version with its digest, and what is different from another one. Both are in the address, so that they can be sent.
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { AgreementText } from '../../shared/agreement-text.tsx'
import { Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Choice } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { saveFile } from '../../shared/download.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { TextDifferences } from '../../shared/text-differences.tsx'
import { useAgreementText } from './use-agreement-text.ts'

export interface AgreementReaderProps {
  readonly realm: string
  readonly version: string
  /** Another version; empty for none. */
  readonly compared: string
  readonly versions: OperationOutput<'dpa.versions'>['items']
}

export function AgreementReader({ realm, version, compared, versions }: AgreementReaderProps): VNode {
  const { answers, error, refresh } = useAgreementText(realm, version)
  useEffect(focusText, [])
  const others = versions.filter((one) => one.version !== version && one.textDigest).map((one) => one.version)
  return (
    <Card
      id="text"
      title={
        <>
          Text of <Name>{version}</Name>
        </>
      }
      beside={<Link to={pathTo(realm, 'agreement')}>Close</Link>}
    >
      {answers ? (
        <div class="grid">
          <p class="small">
            SHA-256 <Copyable text={answers.text.digest} name="digest of the text" />{' '}
            <button
              type="button"
              onClick={() => saveFile(`agreement-${version.replace(/[^\w.-]/g, '_')}.md`, 'text/markdown', answers.text.text)}
            >
              Save as a file
            </button>
          </p>
          {others.length > 0 && (
            <div class="row filters">
              <Choice
                name="compare"
                label="Show"
                choices={[['', 'the text'], ...others.map((one) => [one, `differences from ${one}`] as const)]}
              />
            </div>
          )}
          {compared === '' ? (
            <AgreementText text={answers.text.text} />
          ) : (
            <Compared realm={realm} before={compared} after={answers.text.text} />
          )}
        </div>
      ) : error ? (
        <Failure error={error} retry={refresh} />
      ) : (
        <Skeleton />
      )}
    </Card>
  )
}

/** It was asked for further up. */
function focusText(): void {
  const heading = document.querySelector<HTMLElement>('#text h2')
  heading?.setAttribute('tabindex', '-1')
  heading?.focus()
}

function Compared({ realm, before, after }: { readonly realm: string; readonly before: string; readonly after: string }): VNode {
  const { answers, error, refresh } = useAgreementText(realm, before)
  if (answers) return <TextDifferences before={answers.text.text} after={after} />
  return error ? <Failure error={error} retry={refresh} /> : <Skeleton />
}
