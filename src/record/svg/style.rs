//! How a picture looks: each state has a colour, a pattern of its own where it is no plain one, and its words.

use super::gather::{Shown, Stage};

/// A state in the legend: its class, its words, and whether its bar takes light letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Look {
    pub class: &'static str,
    pub words: &'static str,
    /// The class of letters on it.
    pub letters: &'static str,
}

const DARK: &str = "on";
const LIGHT: &str = "on li";

/// The look of a pod's bar.
pub fn of_pod(shown: Shown) -> Look {
    let (class, letters) = match shown {
        Shown::Pending => ("pe", DARK),
        Shown::NotReady => ("nr", DARK),
        Shown::Ready => ("re", LIGHT),
        Shown::Succeeded => ("su", LIGHT),
        Shown::Failed => ("fa", LIGHT),
        Shown::Leaving => ("le", DARK),
        Shown::Unknown => ("un", DARK),
    };
    Look { class, words: shown.words(), letters }
}

/// The look of a container's lane.
pub fn of_container(stage: Stage) -> Look {
    let (class, words, letters) = match stage {
        Stage::Waits(_) => ("wa", "container waits", DARK),
        Stage::BackOff(_) => ("bo", "back-off", DARK),
        Stage::Stuck(_) => ("st", "cannot be started", DARK),
        Stage::Runs(false) => ("ru", "runs, not ready", DARK),
        Stage::Runs(true) => ("rr", "runs, ready", LIGHT),
        Stage::Ended(_, 0) => ("ok", "ended with 0", LIGHT),
        Stage::Ended(..) => ("er", "ended with an error", LIGHT),
    };
    Look { class, words, letters }
}

/// Of a node that is Ready, and of one that is not.
pub const NODE: [Look; 2] = [
    Look { class: "re", words: "Ready", letters: LIGHT },
    Look { class: "un", words: "not Ready", letters: DARK },
];

/// Style and patterns. Colours are chosen to differ in lightness too; whoever sees none has patterns and words.
pub const HEAD: &str = r##"<style>
text{font:11px "Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;fill:#1f2328}
.h{font-size:14px;font-weight:600}.g{font-weight:600;font-size:12px}.q{font-size:10px;fill:#59636e}.e{text-anchor:end}.m{text-anchor:middle}
.on{font-size:9px;fill:#1f2328;paint-order:stroke;stroke:#fff;stroke-opacity:.7;stroke-width:2.5px}.li{fill:#fff;stroke:none}.ev{font-size:8.5px;fill:#59636e}.wn{fill:#8f2c00}
.bg{fill:#fff}.gl{stroke:#d8dde3;stroke-width:1;fill:none}.ax{stroke:#59636e;fill:none}.band{fill:#f4f6f8}
.pe{fill:#dfe3e8;stroke:#8c96a1;stroke-width:.5}.nr{fill:url(#nr)}.nr0{fill:#a9cff0}.nr1{fill:#3a78b5}.re{fill:#14704f}.su{fill:#4d5d6c}
.fa{fill:url(#fa)}.fa0{fill:#b3261e}.fa1{stroke:#6d0f0a;stroke-width:1;fill:none}.le{fill:url(#le)}.le0{fill:#dccbea}.le1{fill:#7d52a0}
.un{fill:url(#un)}.un0{fill:#f3e3b3}.un1{fill:#6b5a16}.wa{fill:#eceff2;stroke:#8c96a1;stroke-width:.5}
.bo{fill:url(#bo)}.bo0{fill:#ffd18a}.bo1{fill:#c06a00}.st{fill:url(#st)}.st0{fill:#f6c3b5}.st1{fill:#a33417}
.ru{fill:#a9cff0}.rr{fill:#2f8f6b}.ok{fill:#4d5d6c}.er{fill:#b3261e}
.no{fill:#fff;stroke:#59636e}.wr{fill:#d9480f;stroke:#8f2c00;stroke-width:.5}.av{fill:#cfe8dc;stroke:#14704f}.de{stroke:#1f2328;fill:none;stroke-dasharray:4 3}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.q,.ev{fill:#a3adb8}.on{fill:#0d1117}.li{fill:#fff}.wn{fill:#ffb38a}
.bg{fill:#0d1117}.gl{stroke:#2d343d}.ax{stroke:#a3adb8}.band{fill:#161b22}
.pe{fill:#8b949e;stroke:#c9d1d9}.nr0{fill:#79b8f0}.nr1{fill:#1f4f80}.re{fill:#1f8a63}.su{fill:#5f7081}
.fa0{fill:#d13c33}.fa1{stroke:#ffd6d2}.le0{fill:#c3a3de}.le1{fill:#55307a}.un0{fill:#d9bf66}.un1{fill:#4a3e0d}.wa{fill:#6e7681;stroke:#c9d1d9}
.bo0{fill:#f0a63a}.bo1{fill:#7a4300}.st0{fill:#e58f78}.st1{fill:#6d1e09}.ru{fill:#79b8f0}.rr{fill:#2f8f6b}.ok{fill:#5f7081}.er{fill:#d13c33}
.no{fill:#0d1117;stroke:#a3adb8}.wr{fill:#ff8a4c;stroke:#ffd0b3}.av{fill:#15402f;stroke:#4cc38a}.de{stroke:#e6edf3}}
</style>
<defs>
<pattern id="nr" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="nr0" width="6" height="6"/><circle class="nr1" cx="3" cy="3" r=".9"/></pattern>
<pattern id="fa" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="fa0" width="6" height="6"/><path class="fa1" d="M0 0L6 6M6 0L0 6"/></pattern>
<pattern id="le" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="le0" width="5" height="5"/><rect class="le1" width="1.2" height="5"/></pattern>
<pattern id="un" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="un0" width="5" height="5"/><rect class="un1" width="5" height="1"/></pattern>
<pattern id="bo" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="bo0" width="6" height="6"/><rect class="bo1" width="1.6" height="6"/></pattern>
<pattern id="st" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="st0" width="6" height="6"/><rect class="st1" width="2" height="6"/></pattern>
</defs>
"##;
