// The crate reads the metadata of the issuer with its keys, and requests a token. Its verifier is for ID tokens only.
use openidconnect::core::{CoreClient, CoreProviderMetadata};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, OAuth2TokenResponse};
use std::env::var;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let agent = openidconnect::ureq::AgentBuilder::new().redirects(0).build();
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(var("ISSUER")?)?, &agent)?;
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(var("CLIENT_ID")?), Some(ClientSecret::new(var("CLIENT_SECRET")?)));
    let answer = client.exchange_client_credentials()?.request(&agent)?;
    let bearer = format!("Bearer {}", answer.access_token().secret());
    println!("{}", ureq::get(&var("API_URL")?).set("authorization", &bearer).call()?.status());
    Ok(())
}
