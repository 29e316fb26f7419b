//! What clients need to find the server: a kubeconfig with one cluster and nobody in it.

/// Its text.
pub fn text(port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: kubelapse\nclusters:\n- name: kubelapse\n  cluster:\n    server: \
         http://127.0.0.1:{port}\ncontexts:\n- name: kubelapse\n  context:\n    cluster: kubelapse\n    user: nobody\nusers:\n- \
         name: nobody\n  user: {{}}\n"
    )
}

/// Whether a text is one of these, of whatever port: another cluster's is never written over, nor one to which somebody has added his own.
pub fn is_own(text: &str) -> bool {
    let port = text.split_once("127.0.0.1:").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    port.is_some_and(|port| text == self::text(port))
}

/// `kubectl lapse`: a plugin of kubectl, which is a script on the path.
pub const PLUGIN: &str = include_str!("kubectl-lapse.sh");
