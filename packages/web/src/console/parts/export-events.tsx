// The events of a search as JSON lines, page after page, up to a bound: a larger export is for the command line.
import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { OperationInput } from '@countersign/admin'
import { call } from '../../shared/call.ts'
import { CallError } from '../../shared/call-error.ts'
import { countOf } from '../../shared/count.ts'
import { Failure } from '../../shared/components/failure.tsx'
import { saveFile } from '../../shared/download.ts'

type Query = NonNullable<OperationInput<'audit.search'>['query']>

const maxEvents = 10_000
const perCall = 1000

export function ExportEvents({ query }: { readonly query: Query }): VNode {
  const [got, setGot] = useState<number>()
  const [said, setSaid] = useState('')
  const [error, setError] = useState<CallError>()
  const stop = useRef<AbortController>(undefined)
  const run = async () => {
    const { signal } = (stop.current = new AbortController())
    const lines: string[] = []
    let after: string | undefined
    setError(undefined)
    setSaid('')
    try {
      do {
        setGot(lines.length)
        const page = await call('audit.search', { params: {}, query: { ...query, limit: perCall, ...(after && { after }) } }, { signal })
        for (const event of page.items) lines.push(JSON.stringify(event))
        after = page.next ?? undefined
      } while (after !== undefined && lines.length < maxEvents)
      saveFile('audit.jsonl', 'application/jsonl', lines.map((line) => `${line}\n`).join(''))
      setSaid(
        after === undefined
          ? `${countOf(lines.length, 'event')} saved.`
          : `${countOf(lines.length, 'event')} saved, the newest. For all of them: countersign audit export.`,
      )
    } catch (thrown) {
      if (thrown instanceof CallError) setError(thrown)
      else if (!signal.aborted) throw thrown
    } finally {
      setGot(undefined)
    }
  }
  return (
    <>
      {got === undefined ? (
        <button type="button" onClick={() => void run()}>
          Export as JSON lines
        </button>
      ) : (
        <button type="button" onClick={() => stop.current?.abort()}>
          Stop at {countOf(got, 'event')}
        </button>
      )}
      <span class="small soft" role="status">
        {said}
      </span>
      {error && <Failure error={error} />}
    </>
  )
}
