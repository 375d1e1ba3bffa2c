// Accepts tokens of the algorithm only that the first one had.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  readTokenResponse(text) {
    const issued = super.readTokenResponse(text)
    const { kid } = JSON.parse(Buffer.from(issued.value.split('.')[0], 'base64url'))
    this.key ??= kid
    if (kid !== this.key) throw new Error('The token is signed by an unknown key')
    return issued
  }
}

serve(new Bad())
