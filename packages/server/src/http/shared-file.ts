// Files that the server publishes: read and compressed once, at the first request, and sent to everyone from the same buffers. So
// any number of peers that ask for a file and do not read it cost one copy of it.
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) }
/** As good as the best to a few per cent, in a tenth of its time. */
const brotliQuality = 9

type Coding = 'br' | 'gzip'

interface FileBytes extends Readonly<Partial<Record<Coding, Buffer>>> {
  readonly plain: Buffer
}

export interface SharedFile {
  readonly headers: Readonly<Record<string, string>>
  bytes(): Promise<FileBytes>
}

/** Files by their path. */
export type SharedFiles = ReadonlyMap<string, SharedFile>

interface SharedFileResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** @param read may be called again if it failed @param codings in which it is kept besides */
export function createSharedFile(
  headers: Readonly<Record<string, string>>,
  read: () => string | Buffer | Promise<string | Buffer>,
  codings: readonly Coding[] = ['gzip'],
): SharedFile {
  return createFile(headers, async () => {
    const plain = Buffer.from(await read())
    const compressed = await Promise.all(codings.map(async (coding) => [coding, await compressAs(coding, plain)] as const))
    return { plain, ...Object.fromEntries(compressed) }
  })
}

/** One whose compressed forms are there already. */
export function createPackedFile(headers: Readonly<Record<string, string>>, read: () => Promise<FileBytes>): SharedFile {
  return createFile(headers, read)
}

function createFile(headers: Readonly<Record<string, string>>, load: () => Promise<FileBytes>): SharedFile {
  let bytes: Promise<FileBytes> | undefined
  const forget = () => void (bytes = undefined)
  return {
    headers,
    bytes() {
      if (bytes === undefined) {
        bytes = load()
        bytes.catch(forget)
      }
      return bytes
    },
  }
}

function compressAs(coding: Coding, plain: Buffer): Promise<Buffer> {
  if (coding === 'gzip') return compress.gzip(plain, { level: 9 })
  return compress.br(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  })
}

/** @param acceptEncoding the header of the request */
export async function toResponse(file: SharedFile, acceptEncoding: string | undefined): Promise<SharedFileResponse> {
  const bytes = await file.bytes()
  const weights = readWeights(acceptEncoding)
  const coding = (['br', 'gzip'] as const).find((each) => bytes[each] !== undefined && (weights.get(each) ?? weights.get('*') ?? 0) > 0)
  const headers = { ...file.headers, vary: 'accept-encoding', ...(coding && { 'content-encoding': coding }) }
  return { headers, body: (coding && bytes[coding]) ?? bytes.plain }
}

/** RFC 9110 §12.5.3: what is not named is not accepted, except by "*". The smallest of the accepted ones is sent. */
function readWeights(header = ''): ReadonlyMap<string, number> {
  return new Map(
    header.split(',', 20).map((item) => {
      const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      return [coding === 'x-gzip' ? 'gzip' : coding, weight === undefined ? 1 : Number(weight.slice(2))] as const
    }),
  )
}
