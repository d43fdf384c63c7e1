"""What people may do: qualifications, licences and their renewals, trainings, appraisals."""
