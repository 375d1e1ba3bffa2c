/** @param until ends the pause early */
export function pause(milliseconds: number, until?: AbortSignal): Promise<void> {
  if (until?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      until?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    until?.addEventListener('abort', end)
  })
}
