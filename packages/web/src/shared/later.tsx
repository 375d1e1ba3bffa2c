// A part of a page that is loaded when it is first shown: what few readers open does not slow down the first page.
import type { FunctionComponent, VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'

export function later<Props extends object>(load: () => Promise<FunctionComponent<Props>>): (props: Props) => VNode | null {
  let Loaded: FunctionComponent<Props> | undefined
  return function Later(props: Props) {
    const [, redraw] = useState(0)
    const [isFailed, setFailed] = useState(false)
    useEffect(() => {
      if (Loaded) return
      load().then(
        (found) => {
          Loaded = found
          redraw(1)
        },
        () => setFailed(true),
      )
    }, [])
    if (Loaded) return <Loaded {...props} />
    return isFailed ? <NotLoaded /> : null
  }
}

function NotLoaded(): VNode {
  return (
    <p role="alert">
      This part could not be loaded: the server was probably updated.{' '}
      <button type="button" onClick={() => location.reload()}>
        Load the page again
      </button>
    </p>
  )
}
