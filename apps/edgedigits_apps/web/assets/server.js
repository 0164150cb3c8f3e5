// What the page asks the server: a picture file goes, JSON comes back.

/** Ask `name` about a picture file (a Blob). The answer has `error` where the server refused, with the reason. */
async function post(name, picture) {
  const answer = await fetch(`api/${name}`, { method: "POST", body: picture });
  return answer.json();
}

export const server = {
  classify: (picture) => post("classify", picture),
  compare: (picture) => post("compare", picture),
  annotate: (picture) => post("annotate", picture),
};
