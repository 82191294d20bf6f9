/** Every job signature starts with it, so that nothing else that a master signs can pass as a job. */
export const jobSignaturePurpose = 'salt job v1'
