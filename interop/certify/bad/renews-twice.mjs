// After 401 it drops the token, then the new one that another part of the program has requested meanwhile.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async callApi(isRepeated = false) {
    const response = await this.send(await this.getToken())
    if (!this.isAboutToken(response) || isRepeated) return response
    this.token = undefined
    await this.getToken()
    this.token = undefined
    return this.callApi(true)
  }
}

serve(new Bad())
