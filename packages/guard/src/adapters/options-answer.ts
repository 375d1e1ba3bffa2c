// What may answer OPTIONS where nothing says whether it is guarded or open: routers with the methods of a path, and CORS. Neither has content of
// its own, so content is that of a handler, which answers each method.

/** @param content of the response; @param allowed whether it has the header `Allow` */
export function isPlainAnswer(content: unknown, allowed: boolean): boolean {
  if (allowed || content === undefined || content === null) return true
  const bytes = content as { readonly byteLength?: number }
  const text = typeof bytes.byteLength === 'number' && bytes.byteLength <= 2 ? Buffer.from(content as Uint8Array).toString() : content
  return text === '' || (typeof text === 'string' && /^ok$/i.test(text)) // As Express writes it for sendStatus(200).
}

export async function isPlainResponse(response: Response): Promise<boolean> {
  if (response.body === null || response.headers.has('allow')) return true
  const reader = response.clone().body?.getReader()
  const first = await reader?.read()
  void reader?.cancel()
  return isPlainAnswer(first?.value, false)
}
