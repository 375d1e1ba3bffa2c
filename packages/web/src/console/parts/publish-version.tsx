// A new version of the agreement: its text from a file or written here, what is new, from when; then what it will do, and the button.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { AgreementText } from '../../shared/agreement-text.tsx'
import { useLeaving } from '../../shared/ask-before-leaving.ts'
import { Card } from '../../shared/components/card.tsx'
import { Leaving } from '../../shared/components/dialog.tsx'
import { Name } from '../../shared/components/name.tsx'
import { fromLocalField } from '../../shared/local-instant.ts'
import { zone } from '../../shared/settings.ts'
import { TextDifferences } from '../../shared/text-differences.tsx'
import { RefusedSentence } from './refused-sentence.tsx'
import { useAgreementText } from './use-agreement-text.ts'

type Versions = OperationOutput<'dpa.versions'>['items']

export interface PublishVersionProps {
  readonly realm: string
  readonly known: Versions
  readonly onDone: (version: string) => void
  /** What was typed stays, for when it is opened again. */
  readonly onClose: () => void
  /** It asks something, and may be closed. */
  readonly onAsk: () => void
}

const maxTextBytes = 200_000

export function PublishVersion({ realm, known, onDone, onClose, onAsk }: PublishVersionProps): VNode {
  const [version, setVersion] = useState('')
  const [from, setFrom] = useState('')
  const [description, setDescription] = useState('')
  const [text, setText] = useState('')
  const [fileFault, setFileFault] = useState<string>()
  const requiredFrom = fromLocalField(from, zone.value)
  const name = version.trim()
  const leaving = useLeaving([version, from, description, text].some((typed) => typed !== ''))
  useEffect(() => {
    if (leaving) onAsk()
  }, [leaving])
  const bytes = new TextEncoder().encode(text).length
  const read = async (file: File | undefined) => {
    if (!file) return
    setFileFault(file.size > maxTextBytes ? 'It is longer than 200 kB.' : undefined)
    if (file.size <= maxTextBytes) setText(await file.text())
  }
  return (
    <Card title="A new version">
      <div class="grid">
        {leaving && (
          <Leaving
            question="This version is not published, and what you wrote is lost with the page."
            stay="Back to it"
            leave="Leave without it"
            onStay={leaving.stay}
            onLeave={leaving.go}
          />
        )}
        <div class="row filters">
          <label class="field">
            <span>Version</span>
            <input value={version} maxLength={64} placeholder="2027-01" spellcheck={false} onInput={onValue(setVersion)} />
          </label>
          <label class="field">
            <span>{zone.value === 'UTC' ? 'Required from (UTC)' : 'Required from'}</span>
            <input type="datetime-local" value={from} onInput={onValue(setFrom)} />
          </label>
        </div>
        <label class="field">
          <span>What is new (optional): integrators read it</span>
          <textarea value={description} rows={2} maxLength={500} onInput={onValue(setDescription)} />
        </label>
        <label class="field">
          <span>Text, from a file (optional)</span>
          <input
            type="file"
            accept=".md,.txt,text/markdown,text/plain"
            onChange={({ currentTarget: { files } }) => void read(files?.[0])}
          />
          {fileFault && (
            <small class="wrong" role="alert">
              {fileFault}
            </small>
          )}
        </label>
        <label class="field">
          <span>Text, written or pasted (optional): headings, lists, links and paragraphs in Markdown</span>
          <textarea value={text} rows={6} spellcheck={false} onInput={onValue(setText)} />
          <small>
            {text === ''
              ? 'Without a text, integrators cannot read it at the portal, and accept what you sent them.'
              : `${bytes.toLocaleString('en')} of ${maxTextBytes.toLocaleString('en')} bytes`}
          </small>
        </label>
        {text.trim() !== '' && <Preview realm={realm} text={text} known={known} />}
        {name !== '' && requiredFrom !== undefined && (
          <RefusedSentence realm={realm} version={name} requiredFrom={requiredFrom} known={known} />
        )}
        <div class="row">
          <Act
            operation="dpa.publish"
            params={{ realm }}
            label="Publish the version"
            title={`Publish ${name}?`}
            tone="danger"
            fields={[]}
            fixed={{
              version: name,
              ...(requiredFrom !== undefined && { requiredFrom }),
              ...(description.trim() !== '' && { description: description.trim() }),
              ...(text.trim() !== '' && { text }),
            }}
            unavailable={whyNot(name, known, requiredFrom, bytes)}
            isTold
            consequence={
              <>
                <RefusedSentence realm={realm} version={name} requiredFrom={requiredFrom ?? ''} known={known} />
                <p>A version cannot be changed or withdrawn once it is published.</p>
              </>
            }
            done={`${name} is published.`}
            onDone={() => onDone(name)}
          />
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </Card>
  )
}

function onValue(set: (value: string) => void) {
  return ({ currentTarget: { value } }: { readonly currentTarget: { readonly value: string } }) => set(value)
}

function whyNot(version: string, known: Versions, requiredFrom: string | undefined, bytes: number): string | undefined {
  if (version === '') return 'Name the version first.'
  if (known.some((one) => one.version === version)) return 'A version of this name is published already: name this one differently.'
  if (requiredFrom === undefined) return 'Say from when it is required.'
  return bytes > maxTextBytes ? 'The text is longer than 200 kB.' : undefined
}

interface PreviewProps {
  readonly realm: string
  readonly text: string
  readonly known: Versions
}

/** As integrators see it, and what is different from the version before. */
function Preview({ realm, text, known }: PreviewProps): VNode {
  const before = known.find(({ textDigest }) => textDigest)?.version
  return (
    <>
      <details>
        <summary>Read it as integrators do</summary>
        <AgreementText text={text} />
      </details>
      {before !== undefined && <FromBefore realm={realm} before={before} text={text} />}
    </>
  )
}

function FromBefore({ realm, before, text }: { readonly realm: string; readonly before: string; readonly text: string }): VNode {
  const { answers } = useAgreementText(realm, before)
  return (
    <details>
      <summary>
        Differences from <Name>{before}</Name>
      </summary>
      {answers && <TextDifferences before={answers.text.text} after={text} />}
    </details>
  )
}
