// The few forms of DER (X.690) of which a certificate is made.

export type Der = Buffer

export function tagged(tag: number, ...content: readonly Buffer[]): Der {
  const body = Buffer.concat(content)
  const length = body.length < 128 ? [body.length] : longLength(body.length)
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

function longLength(length: number): number[] {
  const bytes = [length >> 16, (length >> 8) & 255, length & 255]
  const used = bytes.slice(bytes.findIndex((byte) => byte > 0))
  return [0x80 + used.length, ...used]
}

export const sequence = (...content: readonly Buffer[]) => tagged(0x30, ...content)
export const set = (...content: readonly Buffer[]) => tagged(0x31, ...content)
export const octets = (content: Buffer) => tagged(0x04, content)
export const text = (value: string) => tagged(0x0c, Buffer.from(value))
export const isTrue = () => tagged(0x01, Buffer.from([0xff]))

/** Positive, and not zero. */
export const integer = (bytes: Buffer) => tagged(0x02, Buffer.from([0]), Buffer.from([bytes[0]! | 0x80]), bytes.subarray(1))

/** @param unused how many bits at the end of the last byte do not count */
export const bits = (content: Buffer, unused = 0) => tagged(0x03, Buffer.from([unused]), content)

/** Until 2049 (RFC 5280 §4.1.2.5.1). */
export const time = (milliseconds: number) =>
  tagged(0x17, Buffer.from(`${new Date(milliseconds).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`))

export function objectId(dotted: string): Der {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([40 * first + second, ...others.flatMap(toBase128)]))
}

function toBase128(value: number): number[] {
  const digits = [value & 127]
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 127) | 128)
  return digits
}
