// Takes 429 for a matter of the token.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  isAboutToken(response) {
    return response.status === 401 || response.status === 429
  }

  async callApi() {
    const response = await this.send(await this.getToken())
    if (!this.isAboutToken(response)) return response
    this.token = undefined
    return response.status === 429 ? response : this.send(await this.getToken())
  }
}

serve(new Bad())
