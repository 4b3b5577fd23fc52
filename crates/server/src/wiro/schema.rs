//! The shapes of requests and replies, for `/openapi.json`.
//!
//! Replies are built where they are rendered, member by member; the tests hold every reply they get against these
//! shapes, so the two cannot drift apart.

#![expect(dead_code, reason = "described, never built")]

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A refusal. Application errors come under HTTP 200; `code` tells what kind it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refusal {
    errors: Vec<ErrorEntry>,
    /// Always false.
    result: bool,
}

/// One reason of a refusal.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorEntry {
    /// 0 general, 1 not found or not in that state, 96 too many tasks at once, 97 balance, 99 bearer token.
    code: u32,
    /// For people; the only part most clients show.
    message: String,
}

/// A reply or a refusal, both under HTTP 200.
macro_rules! answers {
    ($($(#[$doc:meta])* $answer:ident = $reply:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(untagged)]
        pub(crate) enum $answer {
            /// It was done.
            Done($reply),
            /// It was refused.
            Refused(Refusal),
        }
    )*};
}

answers!(
    /// The answer to `Run`.
    RunAnswer = RunReply,
    /// The answer to a call about one task that counts it.
    TasksAnswer = TasksReply,
    /// The answer to `Task/Cancel` and `Task/Kill`.
    StoppedAnswer = StoppedReply,
    /// The answer to a call that returns nothing.
    DoneAnswer = DoneReply,
    /// The answer to `Task/Stat`.
    StatisticsAnswer = StatisticsReply,
    /// The answer to `Project/UsageSummary`.
    UsageAnswer = UsageReply,
    /// The answer to `Wallet/List`.
    WalletsAnswer = WalletsReply,
    /// The answer to `Wallet/TransactionList`.
    TransactionsAnswer = TransactionsReply,
    /// The answer to `Tool/List` and `Tool/Detail`.
    ToolsAnswer = ToolsReply,
    /// The answer to `Tool/Explore`.
    ExploreAnswer = ExploreReply,
    /// The answer to `File/Upload`.
    FilesAnswer = FilesReply,
    /// The answer to `File/FolderCreate`.
    FoldersAnswer = FoldersReply,
);

#[derive(Serialize, ToSchema)]
pub(crate) struct DoneReply {
    errors: Vec<ErrorEntry>,
    result: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RunReply {
    errors: Vec<ErrorEntry>,
    /// The number of the task, in decimal digits.
    taskid: String,
    /// The secret to follow the task by: 30 letters and digits.
    socketaccesstoken: String,
    result: bool,
}

/// Names one task, by number or by token, under any of the three names.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskName {
    taskid: Option<String>,
    tasktoken: Option<String>,
    socketaccesstoken: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TasksReply {
    /// How many there are in all, in decimal digits.
    total: String,
    errors: Vec<ErrorEntry>,
    tasklist: Vec<TaskObject>,
    result: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StoppedReply {
    errors: Vec<ErrorEntry>,
    tasklist: Vec<TaskObject>,
    result: bool,
}

/// A task. Numbers are strings; moments are whole seconds since 1970, `"0"` until they have come.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskObject {
    id: String,
    /// The account.
    uuid: String,
    name: String,
    socketaccesstoken: String,
    /// The caller's own id of the task, or empty.
    externaltaskid: String,
    /// The parameters as they were sent; pictures as addresses.
    parameters: HashMap<String, Value>,
    /// What the run said.
    debugoutput: String,
    /// Why it failed; empty unless it did.
    debugerror: String,
    /// `task_queue`, `task_accept`, `task_preprocess_start`, `task_preprocess_end`, `task_assign`, `task_start`,
    /// `task_end`, `task_postprocess_start`, and at the end `task_postprocess_end` or `task_cancel`.
    status: String,
    /// Empty until the end; `0` when it succeeded.
    pexit: String,
    /// Seconds from its acceptance by a worker to the end of the run, with four decimals.
    elapsedseconds: String,
    /// US dollars a second, for tools that are paid by the second.
    cps: String,
    /// US dollars with twelve decimals; `0` unless it succeeded.
    totalcost: String,
    createtime: String,
    accepttime: String,
    preprocessstarttime: String,
    preprocessendtime: String,
    assigntime: String,
    starttime: String,
    endtime: String,
    postprocessstarttime: String,
    postprocessendtime: String,
    canceltime: String,
    projectid: String,
    modelid: String,
    basemodelid: String,
    #[schema(value_type = Value, nullable)]
    guestid: Value,
    #[schema(value_type = Value, nullable)]
    marketplaceid: Value,
    description: String,
    modelfolderid: String,
    modelfileid: String,
    callbackurl: String,
    runtype: String,
    /// A JSON list, as text.
    categories: String,
    modeldescription: String,
    modelslugowner: String,
    modelslugproject: String,
    outputfolderid: String,
    /// Empty unless it succeeded.
    outputs: Vec<OutputObject>,
    /// Bytes of all outputs.
    size: String,
}

/// A finished file.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutputObject {
    id: String,
    name: String,
    contenttype: String,
    parentid: String,
    uuid: String,
    size: String,
    addedtime: String,
    modifiedtime: String,
    accesskey: String,
    foldercount: String,
    filecount: String,
    ispublic: u32,
    #[schema(value_type = Value, nullable)]
    expiretime: Value,
    /// Where it is read, without credentials.
    url: String,
}

/// Which part of a list is wanted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Part {
    /// How many entries to pass over.
    start: Option<String>,
    /// How many entries to give, 1 to 100.
    limit: Option<String>,
    /// `ASC` or `DESC`.
    order: Option<String>,
}

/// Which tasks are wanted.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskListRequest {
    start: Option<String>,
    limit: Option<String>,
    order: Option<String>,
    /// A tool's name or a part of it.
    #[schema(rename = "modelName")]
    #[serde(rename = "modelName")]
    model_name: Option<String>,
}

/// How far to look back.
#[derive(Serialize, ToSchema)]
pub(crate) struct Days {
    /// Days, 1 to 366; 30 unless given.
    days: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StatisticsReply {
    errors: Vec<ErrorEntry>,
    total: String,
    /// How many tasks have each status.
    statuses: HashMap<String, String>,
    days: Vec<DayCount>,
    result: bool,
}

/// The tasks that were made on one day.
#[derive(Serialize, ToSchema)]
pub(crate) struct DayCount {
    total: String,
    succeeded: String,
    failed: String,
    cancelled: String,
    unfinished: String,
    totalcost: String,
    /// The day's first second in UTC.
    day: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct UsageReply {
    errors: Vec<ErrorEntry>,
    total: String,
    list: Vec<ProjectUsage>,
    result: bool,
}

/// The tasks of one project.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProjectUsage {
    total: String,
    succeeded: String,
    failed: String,
    cancelled: String,
    unfinished: String,
    totalcost: String,
    projectid: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct WalletsReply {
    errors: Vec<ErrorEntry>,
    total: String,
    list: Vec<Wallet>,
    result: bool,
}

/// What an account has.
#[derive(Serialize, ToSchema)]
pub(crate) struct Wallet {
    uuid: String,
    currency: String,
    /// Without what is reserved.
    balance: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TransactionsReply {
    errors: Vec<ErrorEntry>,
    total: String,
    list: Vec<Transaction>,
    result: bool,
}

/// One movement of credit.
#[derive(Serialize, ToSchema)]
pub(crate) struct Transaction {
    /// `grant`, `reserve`, `release` or `charge`.
    r#type: String,
    /// `0` where it is about no task.
    taskid: String,
    amount: String,
    note: String,
    time: String,
}

/// Which tools are wanted.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToolListRequest {
    start: Option<String>,
    limit: Option<String>,
    /// Words that must be found; empty for all.
    search: Option<String>,
    categories: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    slugowner: Option<String>,
    /// `id`, `time` or `relevance`.
    sort: Option<String>,
    order: Option<String>,
}

/// Names one tool, by either spelling of its slugs.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToolName {
    slugowner: String,
    slugproject: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ToolsReply {
    errors: Vec<ErrorEntry>,
    /// How many there are in all; only of a list.
    total: Option<u64>,
    tool: Vec<ToolObject>,
    result: bool,
}

/// A tool.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToolObject {
    id: String,
    title: String,
    slugowner: String,
    slugproject: String,
    cleanslugowner: String,
    cleanslugproject: String,
    description: String,
    image: String,
    categories: Vec<String>,
    tags: Vec<String>,
    samples: Vec<String>,
    inspire: Vec<HashMap<String, Value>>,
    parameters: Vec<ParameterGroup>,
    /// A JSON list of prices, as text.
    dynamicprice: String,
    cps: String,
    approximatelycost: String,
    taskstat: TaskStat,
}

/// Parameters under one heading.
#[derive(Serialize, ToSchema)]
pub(crate) struct ParameterGroup {
    title: String,
    items: Vec<ParameterItem>,
}

/// One input of a tool.
#[derive(Serialize, ToSchema)]
pub(crate) struct ParameterItem {
    id: String,
    r#type: String,
    label: String,
    description: Option<String>,
    default: String,
    required: bool,
    options: Option<Vec<HashMap<String, Value>>>,
    min: Option<f64>,
    max: Option<f64>,
    step: Option<f64>,
}

/// How a tool's runs have gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskStat {
    runcount: u64,
    successcount: String,
    errorcount: String,
    lastruntime: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ExploreReply {
    errors: Vec<ErrorEntry>,
    explore: Vec<Section>,
    result: bool,
}

/// Tools that do the same kind of thing.
#[derive(Serialize, ToSchema)]
pub(crate) struct Section {
    id: String,
    title: String,
    total: u64,
    tools: Vec<HashMap<String, Value>>,
}

/// One or more files to keep.
#[derive(Serialize, ToSchema)]
pub(crate) struct UploadForm {
    /// Repeat it for more.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    folderid: Option<String>,
}

/// A folder to make.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewFolder {
    /// Letters, digits, `-` and `_`.
    name: String,
    parentid: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FilesReply {
    errors: Vec<ErrorEntry>,
    list: Vec<FileObject>,
    result: bool,
}

/// A stored file.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileObject {
    id: String,
    name: String,
    contenttype: String,
    size: String,
    parentid: String,
    url: String,
    addedtime: String,
    accesskey: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FoldersReply {
    errors: Vec<ErrorEntry>,
    list: Vec<FolderObject>,
    result: bool,
}

/// A folder.
#[derive(Serialize, ToSchema)]
pub(crate) struct FolderObject {
    id: String,
    name: String,
    parentid: String,
    size: String,
    contenttype: String,
    addedtime: String,
}
