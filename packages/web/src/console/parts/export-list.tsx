// A list as a file: read page after page up to a bound, with the number of rows so far, and a button that stops it.
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ListName, OperationOutput } from '@countersign/admin'
import { call, type Input } from '../../shared/call.ts'
import { CallError } from '../../shared/call-error.ts'
import { collectPages, type ListPage } from '../../shared/collect-pages.ts'
import { Failure } from '../../shared/components/failure.tsx'
import { countOf } from '../../shared/count.ts'
import { saveFile } from '../../shared/download.ts'
import type { FileFormat } from './export-formats.ts'

type Item<Name extends ListName> = OperationOutput<Name>['items'][number]

export interface ExportListProps<Name extends ListName> {
  readonly operation: Name
  readonly input: Input<Name>
  /** The largest page of the operation. */
  readonly perCall?: number
  /** What is counted, such as "client". */
  readonly noun: string
  /** Name of the file, without its ending. */
  readonly file: string
  readonly formats: readonly FileFormat<Item<Name>>[]
  /** The command that has no bound. */
  readonly command: string
}

export const maxRows = 10_000

export function ExportList<Name extends ListName>(props: ExportListProps<Name>): VNode {
  const { operation, input, perCall = 200, noun, file, formats, command } = props
  const [got, setGot] = useState<number>()
  const [said, setSaid] = useState('')
  const [error, setError] = useState<CallError>()
  const stop = useRef<AbortController>(undefined)
  useEffect(() => () => stop.current?.abort(), [])

  const run = async ({ ending, type, write }: FileFormat<Item<Name>>) => {
    const { signal } = (stop.current = new AbortController())
    setError(undefined)
    setSaid('')
    const readPage = (after: string | undefined) => {
      const { params, query } = input as { params: object; query?: object }
      const next = { params, query: { ...query, limit: perCall, ...(after !== undefined && { after }) } }
      return call(operation, next as unknown as Input<Name>, { signal }) as Promise<ListPage<Item<Name>>>
    }
    try {
      const { items, isCut } = await collectPages(readPage, maxRows, setGot)
      saveFile(`${file}${isCut ? `-first-${maxRows}` : ''}.${ending}`, type, write(items))
      const saved = `${countOf(items.length, noun)} saved`
      setSaid(isCut ? `${saved}: the list is longer, and this is its beginning. All of it: ${command}` : `${saved}.`)
    } catch (thrown) {
      if (thrown instanceof CallError) setError(thrown)
      else if (signal.aborted) setSaid('Stopped. Nothing was saved.')
      else throw thrown
    } finally {
      setGot(undefined)
    }
  }

  return (
    <div class="row">
      {got === undefined ? (
        formats.map((format) => (
          <button key={format.ending} type="button" onClick={() => void run(format)}>
            {format.label}
          </button>
        ))
      ) : (
        <button type="button" onClick={() => stop.current?.abort()}>
          Stop at {countOf(got, noun)}
        </button>
      )}
      <span class="small soft" role="status">
        {said}
      </span>
      {error && <Failure error={error} />}
    </div>
  )
}
