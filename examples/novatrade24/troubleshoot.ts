// Reproduces a line of seed 000's troubleshooting list against the running demo: `npm run troubleshoot -- dpa-not-accepted`.
import { explainFailure, giveUp, readDemoState } from '../demo-state.ts'
import { createTools, troubleshootingList, type DemoRequest, type Tools, type TroubleshootingLine } from './troubleshooting-list.ts'

const [name] = process.argv.slice(2)
const names = Object.keys(troubleshootingList)
const chosen = name === '--all' ? names : names.filter((known) => known === name)
const overview = names.map((known) => `  ${known.padEnd(26)}${troubleshootingList[known]!.line}`).join('\n')

if (name === undefined)
  console.log(`The troubleshooting list of novatrade24. Reproduce a line, or all of them, on the running demo:
  npm run troubleshoot -- NAME
  npm run troubleshoot -- --all

${overview}`)
else if (chosen.length === 0) giveUp(`The troubleshooting list has no line "${name}". Use --all or one of:\n${overview}`)
else {
  const demo = readDemoState()
  const tools = createTools(demo, console.error)
  try {
    for (const known of chosen) console.log(`${known}: ${await reproduce(troubleshootingList[known]!, tools)}\n`)
  } catch (error) {
    explainFailure(error, demo)
  }
}

async function reproduce({ line, cause, prepare }: TroubleshootingLine, tools: Tools): Promise<string> {
  const { url, ...init } = await prepare(tools)
  const response = await fetch(url, init)
  const answer = (await response.json()) as Answer
  const pageUrl = answer.type ?? answer.error_uri ?? ''
  const page = (await (await fetch(pageUrl)).json()) as Page
  return `${line}
  request  ${formatCurl({ url, ...init })}
  status   ${response.status}
  problem  ${answer.error === undefined ? `${page.code}: ${answer.detail}` : `error=${answer.error}: ${answer.error_description}`}
  page     ${pageUrl}
  id       ${response.headers.get('x-request-id') ?? 'none'}, for "npm run countersign -- explain ID" and the search of the console
  remedy   ${answer.remedy ?? page.causes.find((listed) => listed.cause.startsWith(cause))?.remedy}`
}

/** A problem (RFC 9457) of the API, or an error (RFC 6749 §5.2) of the token endpoint. */
interface Answer {
  readonly type?: string
  readonly detail?: string
  readonly remedy?: string
  readonly error?: string
  readonly error_description?: string
  readonly error_uri?: string
}

interface Page {
  readonly code: string
  readonly causes: readonly { readonly cause: string; readonly remedy: string }[]
}

/** The request as it was sent, without the parts that must not appear in a terminal's history. */
function formatCurl({ url, method, headers, body }: DemoRequest): string {
  const options = Object.entries(headers).map(([header, value]) => `-H '${header}: ${value}'`)
  if (method === 'POST') options.unshift(`-X ${method}`)
  if (body !== undefined) options.push(`-d '${body}'`)
  return ['curl', ...options, `'${url}'`]
    .join(' ')
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>')
    .replace(/(?<=(?:client_secret|password)=)[^&']+/g, '<secret>')
}
