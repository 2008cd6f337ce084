// pull-with-hf-hub ORG/NAME model|dataset [REVISION]: what a Rust program does to have a snapshot. HF_ENDPOINT and HF_HUB_CACHE decide where from and to.
#[tokio::main]
async fn main() -> hf_hub::HFResult<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (owner, name) = arguments[1].split_once('/').expect("ORG/NAME");
    let revision = arguments.get(3).cloned().unwrap_or("main".to_string());
    let client = hf_hub::HFClient::new()?;
    let path = match arguments[2].as_str() {
        "dataset" => client.dataset(owner, name).snapshot_download().revision(revision).send().await?,
        _ => client.model(owner, name).snapshot_download().revision(revision).send().await?,
    };
    println!("{}", path.display());
    Ok(())
}
