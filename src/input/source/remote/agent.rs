//! The HTTP client of this process, with its open connections and its proxies.

use std::env;
use std::sync::OnceLock;

use ureq::http::Uri;
use ureq::{Agent, Proxy, ProxyProtocol};

use super::fault::RemoteFault;
use super::tls;

/// Connections that are kept open for the next request to one server.
const IDLE_CONNECTIONS: usize = 8;

/// The client for a place. Secure and other connections have one each, so that no certificates are read for the others.
pub(super) fn agent(is_secure: bool) -> Result<&'static Agent, RemoteFault> {
    static PLAIN: OnceLock<Agent> = OnceLock::new();
    static SECURE: OnceLock<Result<Agent, RemoteFault>> = OnceLock::new();
    let config = || {
        Agent::config_builder()
            .user_agent(concat!("ngramcount/", env!("CARGO_PKG_VERSION")))
            // What a server packs by itself has neither length nor ranges; with this header it sends a packed file as it lies there.
            .accept_encoding("gzip")
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(4 * IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .proxy(None)
    };
    match is_secure {
        false => Ok(PLAIN.get_or_init(|| config().build().into())),
        true => {
            let build = || Ok(tls::secure(config())?.build().into());
            SECURE.get_or_init(build).as_ref().map_err(Clone::clone)
        }
    }
}

/// The proxy for a place, by the variables that curl reads.
pub(super) fn proxy(uri: &Uri) -> Result<Option<Proxy>, RemoteFault> {
    let variables: &[&str] = match uri.scheme_str() {
        Some("https") => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        // A web server sets HTTP_PROXY for its scripts to what a client sends as the header `Proxy`.
        _ => &["http_proxy", "ALL_PROXY", "all_proxy"],
    };
    let set =
        variables.iter().find_map(|name| Some((name, env::var(name).ok().filter(|url| !url.is_empty())?)));
    let Some((name, url)) = set else { return Ok(None) };
    let no_proxy = ["NO_PROXY", "no_proxy"].iter().find_map(|name| env::var(name).ok()).unwrap_or_default();
    if uri.host().is_some_and(|host| is_excepted(host, &no_proxy)) {
        return Ok(None);
    }
    let proxy =
        Proxy::new(&url).map_err(|_| RemoteFault::Unreachable(format!("{name} is no URL of a proxy")))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(Some(proxy)),
        // The client panics.
        _ => Err(RemoteFault::Unreachable(format!(
            "{name} names a SOCKS proxy, and only HTTP proxies are supported"
        ))),
    }
}

/// Whether a server is in a list of servers that are asked without a proxy, as curl reads it: `example.org`, with a dot or `*.`
/// before it or not, stands for itself and all below it, and `*` for all servers.
fn is_excepted(host: &str, list: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let name = entry.trim_start_matches("*.").trim_matches(['.', '[', ']']);
        entry == "*" || host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_excepted;

    #[test]
    fn a_server_is_excepted_by_its_name_or_one_above_it() {
        for list in ["localhost", ".localhost", "*", "a.b, LocalHost", "*.localhost", "x .localhost."] {
            assert!(is_excepted("localhost", list), "{list}");
        }
        for (host, list) in
            [("a.example.org", ".example.org"), ("a.example.org", "example.org"), ("[::1]", "::1")]
        {
            assert!(is_excepted(host, list), "{list}");
        }
        for (host, list) in
            [("localhost", ""), ("badexample.org", "example.org"), ("org", "example.org"), ("h", ".")]
        {
            assert!(!is_excepted(host, list), "{list}");
        }
    }
}
