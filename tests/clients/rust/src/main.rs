// find CACHE ID REVISION FILE: where hf-hub finds it, without a network.   get CACHE ENDPOINT ID FILE…: downloads with hf-hub.
use hf_hub::{api::sync::ApiBuilder, Cache, Repo, RepoType};

fn main() {
    let a: Vec<String> = std::env::args().collect();
    if a[1] == "find" {
        let repo = Repo::with_revision(a[3].clone(), RepoType::Model, a[4].clone());
        match Cache::new(a[2].clone().into()).repo(repo).get(&a[5]) {
            Some(path) => println!("{}", path.display()),
            None => std::process::exit(3),
        }
        return;
    }
    let api = ApiBuilder::new().with_cache_dir(a[2].clone().into()).with_endpoint(a[3].clone()).with_progress(false).build().unwrap();
    let repo = api.model(a[4].clone());
    for file in &a[5..] {
        println!("{}", repo.get(file).unwrap().display());
    }
}
