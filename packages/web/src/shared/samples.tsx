// Programs that get a token and call an API, one language at a time. They are loaded when they are first shown.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { spellOutInvisible } from '@countersign/admin/visible-text'
import type { CodeSample, SampleValues } from './code-samples.ts'
import { CopyButton } from './components/copyable.tsx'
import { Skeleton } from './components/skeleton.tsx'

interface SamplesProps {
  readonly values: SampleValues
}

export function Samples({ values }: SamplesProps): VNode {
  const [samples, setSamples] = useState<readonly CodeSample[]>()
  const [shown, setShown] = useState('curl')
  const [isFailed, setFailed] = useState(false)
  const { issuer, tokenUrl, clientId } = values
  useEffect(() => {
    import('./code-samples.ts').then(
      ({ codeSamples }) => setSamples(codeSamples(values)),
      () => setFailed(true),
    )
  }, [issuer, tokenUrl, clientId])
  if (isFailed) return <p class="callout bad">The programs could not be loaded. Load this page again.</p>
  if (!samples) return <Skeleton lines={5} />
  const { before, code, run } = samples.find(({ name }) => name === shown) ?? samples[0]!
  return (
    <div class="grid">
      <div class="row" role="group" aria-label="Language">
        {samples.map(({ name }) => (
          <button key={name} type="button" aria-pressed={name === shown} onClick={() => setShown(name)}>
            {name}
          </button>
        ))}
      </div>
      <p class="small soft">
        The secret is never part of it. <code>read</code> waits for it: paste the secret, then press Enter.
      </p>
      <p class="small soft">
        If you saved it as a file: <code>set -a; . ./FILE.env</code> in place of <code>read</code>.
      </p>
      <Code text={before} name="the commands" />
      <Code text={code} name={run ? `the program, as ${run.file}` : 'the program'} />
      {run && <Code text={run.command} name="the command that runs it" />}
    </div>
  )
}

function Code({ text, name }: { readonly text: string; readonly name: string }): VNode {
  return (
    <div class="code">
      <CopyButton text={text} label={`Copy ${name}`} />
      <pre tabIndex={0}>
        <bdi>{spellOutInvisible(text)}</bdi>
      </pre>
    </div>
  )
}
