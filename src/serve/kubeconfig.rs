//! What clients need to find the server: a kubeconfig with one cluster and nobody in it.

/// Its text.
pub fn text(port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: kubelapse\nclusters:\n- name: kubelapse\n  cluster:\n    server: \
         http://127.0.0.1:{port}\ncontexts:\n- name: kubelapse\n  context:\n    cluster: kubelapse\n    user: nobody\nusers:\n- \
         name: nobody\n  user: {{}}\n"
    )
}

/// Whether a text is one of these: another cluster's is never written over.
pub fn is_own(text: &str) -> bool {
    let head = self::text(0);
    let head = head.split("    server").next().unwrap_or_default();
    text.starts_with(head) && text.len() < 1000
}

/// `kubectl lapse`: a plugin of kubectl, which is a script on the path.
pub const PLUGIN: &str = include_str!("kubectl-lapse.sh");
