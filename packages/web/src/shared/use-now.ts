import { useEffect, useState } from 'preact/hooks'
import { now as timeOfServer } from './clock.ts'

/** The time, in milliseconds since the epoch; the component is drawn again when it moves. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(timeOfServer)
  useEffect(() => {
    const timer = setInterval(() => setNow(timeOfServer()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
