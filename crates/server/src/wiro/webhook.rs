//! What a callback is sent: the reply of `Task/Detail`, and the main members of its task once more beside the
//! list, because the vendor documents neither place and both are read.

use atelier_domain::Task;
use serde_json::Value;

use super::render;
use super::task::detail_reply;
use crate::app::App;

/// The mirrored members, under the name a reader may look for and the name the task object has.
const MIRRORED: [(&str, &str); 12] = [
    ("taskid", "id"),
    ("id", "id"),
    ("socketaccesstoken", "socketaccesstoken"),
    ("tasktoken", "socketaccesstoken"),
    ("status", "status"),
    ("pexit", "pexit"),
    ("outputs", "outputs"),
    ("debugoutput", "debugoutput"),
    ("debugerror", "debugerror"),
    ("elapsedseconds", "elapsedseconds"),
    ("totalcost", "totalcost"),
    ("parameters", "parameters"),
];

/// The body of a webhook about a task that has ended.
pub(crate) fn body(app: &App, task: &Task) -> Vec<u8> {
    let shown = render::task(app, task);
    let mut body = detail_reply(shown.clone()).into_body();
    body.extend(MIRRORED.map(|(name, member)| (name.to_owned(), shown[member].clone())));
    Value::Object(body).to_string().into_bytes()
}
